using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>The capabilities that come of docker's defaults, <c>--cap-add</c>, <c>--cap-drop</c> and <c>--privileged</c>.</summary>
internal static class CapabilityChoice
{
    private static readonly ulong s_default = Bits(
    [
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
        "SYS_CHROOT", "KILL", "AUDIT_WRITE",
    ]);

    public static ulong Of(RunOptions options, ulong bounding)
    {
        (ulong added, bool addAll) = Read("--cap-add", options.AddCapabilities);
        (ulong dropped, bool dropAll) = Read("--cap-drop", options.DropCapabilities);
        if (addAll && dropAll)
        {
            throw new CrunException("cannot use --cap-add ALL", "--cap-drop ALL contradicts it");
        }

        ulong all = Capability.All & bounding;
        if ((added & ~all) is not 0 and ulong missing)
        {
            throw new CrunException($"cannot use --cap-add {Capability.NamesOf(missing)[0]}", "this process may not have it itself");
        }

        ulong start = options.Privileged || addAll ? all : dropAll ? 0 : s_default & all;

        // As docker has it: what is named wins over ALL, and of two names the added one does.
        return addAll ? (start | added) & ~dropped : (start & ~dropped) | added;
    }

    private static (ulong Set, bool All) Read(string option, IReadOnlyList<string> names)
    {
        ulong set = 0;
        bool all = false;
        foreach (string name in names)
        {
            if (name.Equals("ALL", StringComparison.OrdinalIgnoreCase))
            {
                all = true;
            }
            else if (Capability.TryParse(name, out int number))
            {
                set |= 1UL << number;
            }
            else
            {
                throw new CrunException($"cannot use {option} '{name}'", "there is no capability of this name")
                {
                    Hints = ["capabilities(7) lists them"],
                };
            }
        }

        return (set, all);
    }

    private static ulong Bits(string[] names) => Read("", names).Set;
}
