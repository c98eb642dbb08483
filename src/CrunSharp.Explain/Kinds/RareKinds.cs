using System.Buffers.Binary;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>What only a config.json of somebody's own asks for.</summary>
internal static class RareKinds
{
    public static Explainer[] All { get; } =
    [
        Explainer.Left<FuseRoot>(
            new Explanation(
                "where the kernel refuses an overlay, a program of the host's lays the layers over one another, and is asked at each access",
                "the image would have to be copied for each container", "mount(2) of fuse, sendmsg(2) of its device", "fuse-overlayfs(1)"),
            "the layers are not laid over one another: fuse-overlayfs does that where the kernel's overlay is refused"),
        Explainer.Left<RunHook>(
            new Explanation("a program of the host's is told of the container, and may add to it", "what it sets up would be missing", "fork(2), execve(2)", "OCI runtime-spec, config.md#posix-platform-hooks"),
            "hooks are not run"),
        Explainer.Chained<SetParentDeathSignal>(
            "setpriv",
            new Explanation("the container is not to outlive its launcher", "it would go on alone", "prctl(2) PR_SET_PDEATHSIG", "setpriv(1)"),
            static (step, script) => script.Chain.Privileges.Add($"--pdeathsig={step.Signal}")),
        Explainer.Chained<SetPersonality>(
            "setarch",
            new Explanation("programs of an older or 32-bit system are shown the one that they expect", "uname would tell the host's architecture", "personality(2)", "setarch(8)"),
            static (step, script) => script.Chain.Wrappers.Add(step.Persona == 8 ? "setarch linux32" : "setarch linux64")),
        Explainer.Inside<SetScheduler>(
            new Explanation("real-time and batch programs are scheduled by other rules", "the usual ones would hold", "sched_setattr(2)", "chrt(1)"),
            static (step, script) =>
            {
                uint policy = BinaryPrimitives.ReadUInt32LittleEndian(step.Attributes.Span[4..]);
                uint priority = BinaryPrimitives.ReadUInt32LittleEndian(step.Attributes.Span[20..]);
                string option = policy switch { 1 => "--fifo", 2 => "--rr", 3 => "--batch", 5 => "--idle", 6 => "--deadline", _ => "--other" };
                script.Inside.Line($"chrt {option} --pid {priority} $$");
            }),
        Explainer.Inside<SetIoPriority>(
            new Explanation("who comes first at the disk", "it would be the caller's equal", "ioprio_set(2)", "ionice(1)"),
            static (step, script) => script.Inside.Line($"ionice -c {step.Priority >> 13} -n {step.Priority & 0x1fff} -p $$")),
        Explainer.Inside<SetCpuAffinity>(
            new Explanation("the processors that it may run on", "it could use all", "sched_setaffinity(2)", "taskset(1)"),
            static (step, script) => script.Inside.Line($"taskset -p {string.Concat(step.Mask.Reverse().Select(static word => word.ToString("x16", System.Globalization.CultureInfo.InvariantCulture)))} $$")),
        Explainer.Left<SetMemoryPolicy>(
            new Explanation("the nodes of memory that it is given", "memory would come from the nearest node", "set_mempolicy(2)", "numactl(8)"),
            "the memory policy is not set"),
        Explainer.Inside<SetTimeOffsets>(
            new Explanation("its monotonic clock and the time since boot begin elsewhere", "it would read the host's", "unshare(2) CLONE_NEWTIME", "unshare(1), time_namespaces(7)"),
            static (step, script) =>
            {
                IEnumerable<string> offsets = step.Offsets.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(' '))
                    .Select(static words => $" --{words[0]} {words[1]}");
                script.GoOn($"unshare --time{string.Concat(offsets)} --fork");
            }),
        Explainer.Left<SetLabel>(
            new Explanation("AppArmor's or SELinux's rules hold for the program", "only the kernel's ordinary rules would", "write(2) to /proc/self/attr", "apparmor(7), selinux(8)"),
            "the label of AppArmor or SELinux is not taken"),
    ];
}
