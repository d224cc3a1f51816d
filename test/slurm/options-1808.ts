/**
 * Long options of Slurm's programs that Slurm 19.05 is taken to have: those that 18.08 has. The NEWS of versions up to
 * 22.05, on which the tests run, was searched for those that Spikeline uses, and none was found removed. Sources:
 * `long_options` in src/sbatch/opt.c, src/scancel/opt.c, src/scontrol/scontrol.c and src/sacct/options.c of 18.08; the manual
 * of squeue of 16.05. The three of `sinfo` are from memory.
 */
export const oldOptions: Readonly<Record<string, string>> = {
  sbatch:
    'account array extra-node-info cpus-per-task cluster-constraint constraint dependency chdir workdir error nodefile gpus help hold input immediate job-name kill-on-invalid-dep no-kill licenses distribution cluster clusters tasks ntasks nodes output overcommit oversubscribe partition qos quiet share core-spec time usage verbose version nodelist wait exclude acctg-freq batch bb bbf begin checkpoint checkpoint-dir comment contiguous cores-per-socket cpu-freq cpus-per-gpu deadline delay-boot exclusive export export-file get-user-env gres gres-flags gid gpu-bind gpu-freq gpus-per-node gpus-per-socket gpus-per-task hint ignore-pbs jobid mail-type mail-user mcs-label mem mem-per-cpu mem-per-gpu mem-bind mincores mincpus minsockets minthreads network nice no-requeue ntasks-per-core ntasks-per-node ntasks-per-socket open-mode parsable power propagate profile priority reboot requeue reservation signal sockets-per-node spread-job switches tasks-per-node test-only thread-spec time-min threads-per-core tmp uid use-min-nodes wait-all-nodes wckey wrap x11',
  scancel:
    'account batch ctld full help hurry interactive cluster clusters jobname name nodelist partition qos quiet reservation sibling signal state usage user verbose version wckey',
  scontrol:
    'all cluster clusters details federation future help hide local oneliner quiet sibling uid usage verbose version',
  sacct:
    'allusers accounts allocations brief completion delimiter duplicates federation helpformat help-fields endtime file gid group help local name nnodes ncpus jobs timelimit-min timelimit-max long allclusters cluster clusters nodelist noconvert units noheader fields format parsable parsable2 qos partition state starttime truncate uid usage user verbose version wckeys whole-hetjob associations',
  squeue:
    'account all array noheader hide iterate jobs long licenses clusters name noconvert format Format partition priority qos reservation steps sort start states user usage verbose version nodelist',
  sinfo: 'noheader format version',
};
