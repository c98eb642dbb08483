namespace CrunSharp.Observe;

/// <summary>Settles by a second run, with one layer lifted, what the first left open.</summary>
public static class Doubts
{
    public static string Name(Lift lift) => lift switch
    {
        Lift.Seccomp => "seccomp: no filter",
        Lift.Capabilities => "the limit on capabilities: all that can be given",
        Lift.Masks => "masked and read-only paths",
        Lift.ReadOnly => "read-only mounts and mount options",
        Lift.Cgroup => "cgroup limits",
        Lift.Devices => "device rules",
        _ => "no_new_privs",
    };

    /// <summary>What was refused without a reason in <paramref name="first"/> and is not in <paramref name="second"/> was this layer's doing.</summary>
    /// <remarks>Compared by program and call, since numbers of processes differ from run to run.</remarks>
    public static void Settle(Observation first, Observation second, Lift lifted)
    {
        foreach (Refusal open in first.Refused.Where(refusal => refusal.Verdict.Doubt.Contains(lifted)))
        {
            bool isRefusedAgain = second.Refused.Concat(second.Ordinary).Any(other => other.Program == open.Program && other.Text == open.Text && other.Errno == open.Errno);
            string seen = $"run again without {Name(lifted)}";
            open.Verdict = isRefusedAgain
                ? open.Verdict with { Evidence = [.. open.Verdict.Evidence, $"{seen}: refused all the same"], Doubt = [.. open.Verdict.Doubt.Where(lift => lift != lifted)] }
                : new Verdict(LayerOf(lifted), Name(lifted)) { Evidence = [.. open.Verdict.Evidence, $"{seen}: not refused any more"], Allow = [Option(lifted)] };
        }
    }

    private static Layer LayerOf(Lift lift) => lift switch
    {
        Lift.Seccomp => Layer.Seccomp,
        Lift.Capabilities => Layer.Capability,
        Lift.Masks => Layer.MaskedPath,
        Lift.ReadOnly => Layer.ReadOnlyMount,
        Lift.NoNewPrivileges => Layer.NoNewPrivileges,
        _ => Layer.Cgroup,
    };

    private static string Option(Lift lift) => lift switch
    {
        Lift.Seccomp => "--security-opt seccomp=FILE",
        Lift.Capabilities => "--cap-add, one at a time, until it passes",
        Lift.Masks => "--security-opt unmask=PATH",
        Lift.ReadOnly => "-v or --tmpfs for the directory",
        Lift.Devices => "--device",
        Lift.NoNewPrivileges => "leave out --security-opt no-new-privileges",
        _ => "a higher limit",
    };
}
