using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>What the program may do: ids, capabilities, the filter of system calls.</summary>
internal static class RightsKinds
{
    public static Explainer[] All { get; } =
    [
        Explainer.Chained<SetNoNewPrivileges>(
            "setpriv",
            new Explanation(
                "no program that is executed from here on gains rights: set-uid bits and file capabilities count for nothing",
                "a set-uid program of the image (su, sudo) could make a user root of the container", "prctl(2) PR_SET_NO_NEW_PRIVS", "setpriv(1), prctl(2)"),
            static (_, script) => script.Chain.NoNewPrivileges = true),
        Explainer.Chained<InstallSeccomp>(
            "enter.c",
            new Explanation(
                "the kernel asks this program at each system call. Containers share the host's kernel: calls that few programs need are refused, and flaws in them cannot be reached. "
                + "No program of Debian 12 loads a filter that is already compiled, so enter.c does",
                "keyctl, bpf, mount, kexec_load and a hundred more could be tried", "seccomp(2) SECCOMP_SET_MODE_FILTER", "seccomp(2); util-linux 2.41: setpriv --seccomp-filter"),
            static (step, script) =>
            {
                script.Chain.Filter = step.Program;
                script.Chain.FilterFlags = step.Flags;
                if (step.Listener is not null)
                {
                    script.Missing.Add("nobody listens for the calls that the filter hands on (SCMP_ACT_NOTIFY)");
                }
            }),
        Explainer.Chained<DropBounding>(
            "setpriv",
            new Explanation(
                "the bounding set is what exec can ever give back: what is dropped here is lost for good, whatever program is executed",
                "a file with capabilities, or a set-uid root program, would bring the others back", "prctl(2) PR_CAPBSET_DROP", "capabilities(7), setpriv(1)"),
            static (step, script) => script.Chain.Privileges.Add($"--bounding-set=-all{Plus(step.Keep)}")),
        Explainer.Chained<SetUser>(
            "setpriv",
            new Explanation(
                "the program runs as the user that the image or --user names, in its groups only", "it would be the user who started it, with that one's groups: docker or disk, for example", "setgroups(2), setresgid(2), setresuid(2)",
                "credentials(7), setpriv(1)"),
            static (step, script) =>
            {
                script.Chain.Privileges.Add($"--reuid={step.Uid} --regid={step.Gid}");
                script.Chain.Privileges.Add(step.AdditionalGids switch
                {
                    null => "--keep-groups",
                    { Count: 0 } => "--clear-groups",
                    { } groups => $"--groups={string.Join(',', groups)}",
                });
            }),
        Explainer.Chained<SetCapabilities>(
            "exec itself, which leaves to root what is in the bounding set",
            new Explanation(
                "root's power is divided into some forty capabilities; the container's root gets the ones named, which do harm only inside its namespaces",
                "root inside could load kernel modules, set the clock, trace any process, mount disks", "capset(2), prctl(2) PR_CAP_AMBIENT", "capabilities(7)"),
            static (step, script) =>
            {
                script.Chain.Inheritable = step.Inheritable;
                if (step.Ambient != 0)
                {
                    script.Missing.Add("ambient capabilities are not given");
                }
            }),
    ];

    private static string Plus(ulong capabilities) =>
        string.Concat(Capability.NamesOf(capabilities).Select(static name => $",+{name[4..].ToLowerInvariant()}"));
}
