using System.Numerics;
using CrunSharp.Oci;

namespace CrunSharp.Observe;

/// <summary>Settles by further runs, each with one layer lifted, what the first left open.</summary>
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

    /// <summary>The calls that a further run is to be watched for.</summary>
    public static IReadOnlySet<string> Open(Observation first) => first.Refused.Where(static refusal => refusal.Verdict.Doubt.Count > 0).Select(static refusal => refusal.Name).ToHashSet();

    /// <summary>What was refused without a reason in <paramref name="first"/> and is not in <paramref name="second"/> was this layer's doing.</summary>
    /// <returns>What was this layer's doing.</returns>
    public static IReadOnlyList<Refusal> Settle(Observation first, Observation second, Lift lifted)
    {
        List<Refusal> settled = [];
        foreach (Refusal open in first.Refused.Where(refusal => refusal.Verdict.Doubt.Contains(lifted)))
        {
            string seen = $"run again without {Name(lifted)}";
            switch (PassesIn(open, second))
            {
                case true:
                    open.Verdict = new Verdict(LayerOf(lifted), Name(lifted)) { Evidence = [.. open.Verdict.Evidence, $"{seen}: not refused any more"], Allow = [Option(lifted)] };
                    settled.Add(open);
                    break;
                case false:
                    open.Verdict = Left(open.Verdict, lifted, $"{seen}: refused all the same");
                    break;
                default:
                    open.Verdict = Left(open.Verdict, lifted, $"{seen}: the program did not make this call, so nothing is known");
                    break;
            }
        }

        return settled;
    }

    /// <summary>Whether the call came through, or failed for another reason; null where it was not made.</summary>
    public static bool? PassesIn(Refusal refusal, Observation other) => other.Outcomes.TryGetValue(refusal.Key, out int errno) ? errno != refusal.Errno : null;

    /// <summary>Of capabilities that together let a call through, the fewest that still do.</summary>
    /// <param name="passesWith">Whether it comes through with no more than these.</param>
    public static ulong Narrow(ulong capabilities, Func<ulong, bool> passesWith)
    {
        while (BitOperations.PopCount(capabilities) > 1)
        {
            ulong half = LowerHalf(capabilities);
            if (passesWith(half))
            {
                capabilities = half;
            }
            else if (passesWith(capabilities & ~half))
            {
                capabilities &= ~half;
            }
            else
            {
                // It takes one of each half.
                break;
            }
        }

        return capabilities;
    }

    /// <summary>Names the capabilities that a settled refusal was found to want.</summary>
    public static void Found(Refusal settled, ulong capabilities)
    {
        IReadOnlyList<string> names = Capability.NamesOf(capabilities);
        settled.Verdict = settled.Verdict with
        {
            Detail = string.Join(", ", names),
            Evidence = [.. settled.Verdict.Evidence, $"run again with {string.Join(", ", names)} only: not refused either"],
            Allow = [string.Join(' ', names.Select(static name => $"--cap-add {name["CAP_".Length..]}"))],
        };
    }

    private static Verdict Left(Verdict verdict, Lift lifted, string seen) =>
        verdict with { Evidence = [.. verdict.Evidence, seen], Doubt = [.. verdict.Doubt.Where(lift => lift != lifted)] };

    private static ulong LowerHalf(ulong set)
    {
        ulong half = 0;
        for (int left = BitOperations.PopCount(set) / 2; left > 0; left--)
        {
            ulong lowest = set & ~(set - 1);
            half |= lowest;
            set &= ~lowest;
        }

        return half;
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
