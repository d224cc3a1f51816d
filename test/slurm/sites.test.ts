import { chmodSync, copyFileSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { until } from '../e2e/program.js';
import { oldOptions } from './options-1808.js';
import { type ClusterBox, describeOnCluster } from './rig.js';

// Slurm as sites and users have it. Where a test says `standIn`, a script stands before the real program.

/** Each task notes that it ran, and waits for a file. */
const pipeline = (box: ClusterBox, name: string, stages = ['nap']) => `name: ${name}
slurm: { cpus: 1 }
stages:
${stages.map((stage) => `  ${stage}: { run: 'echo ${stage} >> ${box.path('ran')}; until test -e ${box.path('go')}; do sleep 0.2; done; echo > \${{ outputs.o }}', outputs: { o: o.txt } }`).join('\n')}
`;
const ran = (box: ClusterBox) => (box.has('ran') ? box.read('ran').trim().split('\n').sort() : []);
const submissions = (box: ClusterBox, name: string) =>
  readdirSync(box.path(`artifacts/${name}/.slurm`)).filter((entry) => entry !== 'keys');
const onSlurm = ['run', 'p.yaml', '--executor', 'slurm', '--reporter', 'json'];

describeOnCluster('at odd sites', (test) => {
  describe.concurrent('beside each other', () => {
    test("jobs are seen whatever the user's profile has Slurm's programs leave out", async ({ box }) => {
      box.write('p.yaml', pipeline(box, 'profile').replace('cpus: 1', 'cpus: 1, extra: [--hold]'));
      const profile = {
        ...{ SQUEUE_PARTITION: 'debug', SQUEUE_ACCOUNT: 'other', SQUEUE_QOS: 'short', SQUEUE_STATES: 'COMPLETING' },
        ...{ SBATCH_WAIT: '1', SBATCH_ARRAY_INX: '0-9', SCANCEL_STATE: 'PENDING' },
      };
      const running = box.start(onSlurm, profile);
      await until(() => running.out.includes('(JobHeldUser)'), 'it is seen to wait');
      await box.cluster.slurm('scontrol', 'release', await box.cluster.job('profile/nap', 'PENDING'));
      await until(() => running.out.includes('"event":"task-start"'), 'it is seen to begin');
      box.write('go', '');
      expect((await running.result).code).toBe(0);
      expect(ran(box)).toEqual(['nap']);
    });

    test('jobs that squeue does not list are asked for by themselves, and adopted', async ({ box }) => {
      box.standIn('squeue', 'exit 0');
      box.write('p.yaml', pipeline(box, 'unlisted'));
      const first = box.start(onSlurm);
      await until(() => first.out.includes('"event":"task-start"'), 'it is seen to begin');
      first.child.kill('SIGKILL');
      const second = box.start(onSlurm);
      await until(() => second.out.includes('"event":"task-start"'), 'the next run finds it');
      box.write('go', '');
      expect((await second.result).code).toBe(0);
      expect([ran(box), submissions(box, 'unlisted')]).toEqual([['nap'], [expect.any(String)]]);
    });

    test('a job that Slurm does not know is taken out of the queue before there is another', async ({ box }) => {
      const blind = box.path('blind');
      box.standIn('squeue', `test -e ${blind} || exec $real "$@"`);
      box.standIn(
        'scontrol',
        `case "$*" in *' job '*) test -e ${blind} && echo 'Invalid job id specified' >&2 && exit 1;; esac; exec $real "$@"`,
      );
      box.standIn('sbatch');
      box.standIn('scancel');
      box.write('p.yaml', pipeline(box, 'unknown'));
      const running = box.start(onSlurm);
      await until(() => running.out.includes('"event":"task-start"'), 'it is seen to begin');
      box.write('blind', '');
      await until(() => running.out.includes('"code":"E_SLURM_LOST"'), 'it is lost');
      await until(() => ran(box).length === 2, 'there is another');
      expect(box.calls.filter((call) => /^(sbatch|scancel)/.test(call)).map((call) => call.split(' ')[0])).toEqual([
        ...['sbatch', 'scancel', 'sbatch'],
      ]);
      expect((await box.cluster.queue()).filter((line) => / RUNNING .*unknown\/nap$/.test(line))).toHaveLength(1);
      unlinkSync(blind);
      box.write('go', '');
      expect((await running.result).code).toBe(0);
    });

    test('nothing is asked that Slurm 19.05 does not understand', async ({ box }) => {
      for (const [program, names] of Object.entries(oldOptions))
        box.standIn(
          program,
          `for word; do case $word in --*) option=\${word%%=*}
case " ${names} " in *" \${option#--} "*) ;; *) echo "${program}: unrecognized option '$option'" >&2; exit 1;; esac;; esac; done
exec $real "$@"`,
        );
      const text = pipeline(box, 'old', ['nap', 'rest']).replace('cpus: 1', 'cpus: 1, partition: main, group: 2');
      box.write('p.yaml', text.replace(/outputs: \{ o: o.txt \}/, '$&, resources: { memory: 100MB, time: 1h }'));
      const first = box.start(onSlurm);
      await until(() => ran(box).length === 2, 'they run');
      first.child.kill('SIGKILL');
      const running = box.start([...onSlurm, '--jobs', '2']);
      await until(() => running.out.includes('"event":"task-start","task":"rest"'), 'the next run finds them');
      await box.cluster.slurm('scancel', await box.cluster.job('old/nap', 'RUNNING'));
      await until(() => running.out.includes('"code":"E_SLURM_CANCELLED"'), 'it is noticed');
      box.write('go', '');
      const { code, out } = await running.result;
      expect([code, out], out).toEqual([0, expect.not.stringContaining('unrecognized')]);
      expect((await box.run(['doctor'])).out).toMatch(/^Slurm .* partitions main\*/m);
      expect(new Set(box.calls.map((call) => call.split(' ')[0]))).toEqual(
        new Set(['sbatch', 'squeue', 'scancel', 'scontrol', 'sinfo']),
      );
    });

    test('the cluster that has taken a job is named in every later call', async ({ box }) => {
      // Several clusters need a database: this one takes off what it is told of them.
      const rest = 'for word; do shift; case $word in --clusters=other) ;; *) set -- "$@" "$word";; esac; done';
      for (const program of ['scancel', 'scontrol', 'sacct']) box.standIn(program, `${rest}; exec $real "$@"`);
      box.standIn('squeue', `case "$*" in *--clusters*) ${rest}; exec $real "$@";; esac`);
      box.standIn('sbatch', `${rest}; echo "$($real "$@");other"`);
      const two = pipeline(box, 'elsewhere', ['nap', 'rest']);
      box.write('p.yaml', two.replace('cpus: 1', "cpus: 1, extra: ['--clusters=other']"));
      const running = box.start(onSlurm);
      await until(() => ran(box).length === 2, 'they run');
      running.child.kill('SIGINT');
      const { out } = await running.result;
      expect(out).not.toContain('E_SLURM');
      const later = box.calls.slice(box.calls.findIndex((call) => call.startsWith('sbatch')));
      expect(later.filter((call) => !call.includes('--clusters=other'))).toEqual([]);
      expect(later.length).toBeGreaterThan(2);
      const again = box.start(['run', 'p.yaml', '--executor', 'slurm']);
      await until(() => again.out.includes('start   rest'), 'the next run finds them');
      again.child.kill('SIGINT');
      expect((await again.result).out).toMatch(/Cancel with: scancel --clusters=other \d+_0 \d+_0\n/);
      box.write('go', '');
      expect((await box.run(onSlurm)).code).toBe(0);
      expect(ran(box)).toEqual(['nap', 'rest']);
    });
  });

  describe.concurrent('a job', () => {
    const stage = (name: string, run: string, more = '') =>
      `name: ${name}\nslurm: { cpus: 1 }\nstages:\n  a: { run: '${run} > \${{ outputs.o }}', outputs: { o: o.txt }${more} }\n`;

    test('is given the variables that its task declares where the site exports none', async ({ box }) => {
      box.write('p.yaml', stage('bare', 'echo "$SEED $OTHER"', ', env: [SEED]'));
      const { code, out } = await box.run(onSlurm, { SBATCH_EXPORT: 'NONE', SEED: '7', OTHER: '8' });
      expect(code, out).toBe(0);
      expect(box.read('artifacts/bare/a/o.txt')).toBe('7 \n');
    });

    test('is what srun inside its task is part of', async ({ box }) => {
      box.write(
        'p.yaml',
        stage('steps', '{ srun --ntasks=1 sh -c "echo \\$SLURM_JOB_ID \\$SLURM_STEP_ID" && echo $SLURM_JOB_ID; }'),
      );
      const { code, out } = await box.run(onSlurm);
      expect(code, out).toBe(0);
      expect(box.read('artifacts/steps/a/o.txt')).toMatch(/^(\d+) 0\n\1\n$/);
      // They enter no key.
      expect((await box.run(['run', 'p.yaml'], { SLURM_JOB_ID: '1' })).out).toContain('cached');
    });

    test.for([
      ['set up', "setup: ['source site.sh', 'use first']", 'first\n'],
      ['loaded as modules', 'modules: [first, second]', 'first second\n'],
    ] as const)('begins with what the user has %s', async ([how, settings, made], { box }) => {
      // `module` is a function of login shells; what it loads is a program, and a variable that this reads.
      const name = how.replaceAll(' ', '-');
      box.write('site/tool', '#!/bin/sh\necho "$LOADED"\n');
      chmodSync(box.path('site/tool'), 0o755);
      const use = `use() { export LOADED="$*" PATH="${box.path('site')}:$PATH"; }\n`;
      box.write('site.sh', use);
      box.write('.bash_profile', `${use}module() { shift; use "$@"; }\n`);
      box.write('p.yaml', stage(name, 'tool'));
      const env = { HOME: box.folder };
      const without = await box.run(onSlurm, env);
      expect([without.code, without.out]).toEqual([1, expect.stringContaining('exit code 127')]);
      box.write('config/spikeline/config.yaml', `slurm: { ${settings} }\n`);
      const { code, out } = await box.run(onSlurm, env);
      expect(code, out).toBe(0);
      expect(box.read(`artifacts/${name}/a/o.txt`)).toBe(made);
      // They enter no key.
      expect((await box.run(['run', 'p.yaml'])).out).toContain('cached');
    });

    test.for([
      [
        'can not be read',
        'job',
        /could not begin\. .* cannot be read on .*: does that node see the artifacts folder\?/,
      ],
      ['can not be written', '', /could not begin\. Slurm could not start it: can .* be written on its node\?/],
    ] as const)('whose folder %s on its node says so at once', async ([, file, words], { box }) => {
      const name = `unseen${file}`;
      box.write('p.yaml', stage(name, 'echo').replace('cpus: 1', 'cpus: 1, extra: [--hold]'));
      const running = box.start(onSlurm);
      const job = await box.cluster.job(`${name}/a`, 'PENDING');
      await until(
        () => running.out.includes('waits: it is held; `scontrol release` lets it go on (JobHeldUser)'),
        'told',
      );
      const [id] = submissions(box, name);
      renameSync(box.path(`artifacts/${name}/.slurm/${id}/${file}`), box.path('away'));
      await box.cluster.slurm('scontrol', 'release', job);
      expect((await running.result).code).toBe(1);
      expect(running.out).toContain('"code":"E_SLURM_START"');
      expect(running.out).toMatch(words);
    });

    test('whose working folder its node does not see says so', async ({ box }) => {
      box.write('work/p.yaml', stage('away', 'echo').replace('cpus: 1', 'cpus: 1, extra: [--hold]'));
      const running = box.start(['run', 'work/p.yaml', ...onSlurm.slice(2), '--artifacts', 'artifacts']);
      const job = await box.cluster.job('away/a', 'PENDING');
      renameSync(box.path('work'), box.path('elsewhere'));
      await box.cluster.slurm('scontrol', 'release', job);
      expect((await running.result).code).toBe(1);
      expect(running.out).toContain(`The command runs in ${box.path('work')}, which does not exist on `);
    });

    // Jobs are run by the Node that has submitted them, under its path. On the node n2 another one lies there.
    test.for([
      ['is missing', '/no/such/node', /could not begin\. Node does not run on .*: .*\/no\/such\/node/],
      [
        'is too old',
        'echo v16.20.2',
        /could not begin\. Spikeline needs Node 20\.19 or .*; .*\/node on .* is v16\.20\.2\./,
      ],
    ] as const)(
      'whose node has a Node that %s says so at once, and others run',
      async ([how, command, words], { box }) => {
        const name = how.replaceAll(' ', '-');
        box.node = box.path('node');
        copyFileSync(process.execPath, box.node);
        const on = (node: string) =>
          `{ run: 'echo > \${{ outputs.o }}', outputs: { o: o.txt }, slurm: { extra: [--nodelist=${node}, --hold] } }`;
        box.write('p.yaml', `name: ${name}\nslurm: { cpus: 1 }\nstages:\n  a: ${on('n1')}\n  b: ${on('n2')}\n`);
        const running = box.start([...onSlurm, '--keep-going']);
        const jobs = [await box.cluster.job(`${name}/a`, 'PENDING'), await box.cluster.job(`${name}/b`, 'PENDING')];
        unlinkSync(box.node);
        const script = `#!/bin/sh\ntest "$SLURMD_NODENAME" = n2 || exec ${process.execPath} "$@"\n${command}\n`;
        box.write('node', script);
        chmodSync(box.node, 0o755);
        for (const job of jobs) await box.cluster.slurm('scontrol', 'release', job);
        const { code, out } = await running.result;
        expect(code, out).toBe(1);
        expect(out).toContain('"task":"a","status":"ran"');
        expect(out).toMatch(/"task":"b","status":"failed",.*"code":"E_SLURM_START"/);
        expect(out).toMatch(words);
      },
    );

    test('that asks for what no node has is refused, or says so when its nodes have lost it', async ({ box }) => {
      const text = stage('constrained', 'echo').replace('cpus: 1', 'cpus: 1, constraint: big, extra: [--hold]');
      box.write('p.yaml', text);
      const refused = await box.run(onSlurm);
      expect(refused.out).toMatch(
        /"code":"E_SLURM_SUBMIT","message":"Slurm does not take its job\. sbatch: .*[Ii]nvalid feature/,
      );
      await box.cluster.slurm('scontrol', 'update', 'NodeName=n1', 'Features=big');
      const running = box.start(onSlurm);
      const job = await box.cluster.job('constrained/a', 'PENDING');
      await box.cluster.slurm('scontrol', 'update', 'NodeName=n1', 'AvailableFeatures=', 'ActiveFeatures=');
      await box.cluster.slurm('scontrol', 'release', job);
      await until(() => running.out.includes('waits: no node has what it asks for (BadConstraints)'), 'it is told');
      await box.cluster.slurm('scontrol', 'update', 'NodeName=n1', 'Features=big');
      await box.cluster.slurm('scontrol', 'release', job);
      expect((await running.result).code, running.out).toBe(0);
    });

    test('tells why it waits when that changes', async ({ box }) => {
      box.write('p.yaml', stage('held', 'echo').replace('cpus: 1', 'cpus: 1, extra: [--hold]'));
      const running = box.start(onSlurm);
      const job = await box.cluster.job('held/a', 'PENDING');
      await until(() => running.out.includes('(JobHeldUser)'), 'the user holds it');
      await box.cluster.slurm('scontrol', 'hold', job);
      await until(() => running.out.includes('waits: an administrator holds it (JobHeldAdmin)'), 'it is told');
      await box.cluster.slurm('scontrol', 'release', job);
      expect((await running.result).code).toBe(0);
    });

    test('that Slurm killed the task of for its memory says so', async ({ box }) => {
      // This cluster has no cgroups, and so does not watch memory.
      box.standIn('squeue', '$real "$@" | sed "s/|FAILED|/|OUT_OF_MEMORY|/"');
      box.write('p.yaml', stage('large', 'kill -9 $$; echo'));
      const { code, out } = await box.run(onSlurm);
      expect(code).toBe(1);
      expect(out).toMatch(/"code":"E_SLURM_MEMORY","message":"Job \d+_0 ran out of memory/);
    });

    test('that had too little memory is followed by one with more', async ({ box }) => {
      // As above, as long as it is the first.
      const mark = box.path('second');
      box.standIn('squeue', `test -e ${mark} && exec $real "$@"; $real "$@" | sed "s/|FAILED|/|OUT_OF_MEMORY|/"`);
      box.standIn('sbatch');
      const run = `if test -e ${box.path('first')}; then echo > ${mark}; else echo > ${box.path('first')}; kill -9 $$; fi; echo`;
      const more = ', resources: { memory: [100MB, 200MB] }, slurm: { extra: [--nice=7] }';
      box.write('p.yaml', stage('more', run, more).replace('cpus: 1', 'cpus: 1, extra: [--comment=all]'));
      const { code, out } = await box.run(onSlurm);
      expect(code, out).toBe(0);
      expect(out).toContain('"code":"E_SLURM_MEMORY"');
      const calls = box.calls.filter((call) => call.startsWith('sbatch'));
      expect(calls.map((call) => /--mem=\w+/.exec(call)![0])).toEqual(['--mem=96M', '--mem=191M']);
      expect(calls[0]).toMatch(/--comment=all --nice=7/);
    });
  });

  describe.concurrent('Ctrl-C', () => {
    const four = ['a', 'b', 'c', 'd'];

    test('ends the submitting with the call in progress', async ({ box }) => {
      box.standIn('sbatch', 'sleep 1; exec $real "$@"');
      box.write('p.yaml', pipeline(box, 'stopped', four));
      const running = box.start(['run', 'p.yaml', '--executor', 'slurm']);
      await until(() => box.calls.length === 1, 'it submits');
      running.child.kill('SIGINT');
      const { code, out } = await running.result;
      expect(code).toBe(130);
      expect(out).toContain('Slurm continues with one job.');
      expect(box.calls).toHaveLength(1);
      box.write('go', '');
    });

    test('ends the waiting for an answer', async ({ box }) => {
      box.standIn('sbatch', 'echo "sbatch: error: Unexpected message received" >&2; exit 1');
      box.write('p.yaml', pipeline(box, 'silent', four));
      const running = box.start(onSlurm);
      await until(() => running.out.includes('no answer since'), 'it says so');
      running.child.kill('SIGINT');
      const { code, out } = await running.result;
      expect([code, out]).toEqual([130, expect.stringContaining('"failed":0,"skipped":4')]);
    });

    test('says nothing of jobs of which Slurm has told nothing', async ({ box }) => {
      const silent = box.path('silent');
      const error = 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)';
      box.standIn('squeue', `test ! -e ${silent} && exec $real "$@"; echo "${error}" >&2; exit 1`);
      box.write('p.yaml', pipeline(box, 'unanswered'));
      const running = box.start(['run', 'p.yaml', '--executor', 'slurm']);
      await until(() => running.out.includes('start   nap'), 'it is seen to begin');
      box.write('silent', '');
      await until(() => running.out.includes('no answer since'), 'it says so');
      running.child.kill('SIGINT');
      const { code, out } = await running.result;
      expect(code).toBe(130);
      expect(out).toMatch(/^Slurm has not answered since \d\d:\d\d:\d\d; it had one job to run\. /m);
      box.write('go', '');
      unlinkSync(silent);
      expect((await box.run(onSlurm)).code).toBe(0);
    });

    test('ends a call that hangs, the second time', async ({ box }) => {
      box.standIn('sbatch', `echo $$ > ${box.path('pid')}; exec sleep 600`);
      box.write('p.yaml', pipeline(box, 'hanging', four));
      const running = box.start(onSlurm);
      const pid = await box.pid('pid');
      running.child.kill('SIGINT');
      await until(() => running.out.includes('"event":"interrupted"'), 'it is heard');
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(running.child.exitCode).toBeNull();
      running.child.kill('SIGINT');
      expect((await running.result).code).toBe(130);
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      expect(box.calls).toHaveLength(1);
    });
  });
});
