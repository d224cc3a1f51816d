// How programs of the graphics processor number their invocations: one dimension of workgroups has too few of them.

/** Invocations of a workgroup. */
export const workgroup = 64;
/** Workgroups in the first dimension at most. */
const groupsInRow = 32_768;

/** The dimensions of so many workgroups; a few more may begin than are needed. */
export const inRows = (groups: number): readonly [number, number] => [
  Math.min(groups, groupsInRow),
  Math.ceil(groups / groupsInRow),
];

/** The number of an invocation among all. */
export const numbered = `
fn numberOf(group: vec3<u32>, groups: vec3<u32>, own: u32) -> u32 {
  return (group.y * groups.x + group.x) * ${workgroup}u + own;
}`;

/** Up to the brace of a program's entry point: `numberOf(group, groups, own)` is its number there. */
export const mainBegins = `
@compute @workgroup_size(${workgroup})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) own: u32
) {`;
