using CrunSharp.Bundles;
using CrunSharp.HostTests.Escapes;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.HostTests.Oracles;

/// <summary>One config.json, carried out by runc and by this runtime: what a program sees inside has to be the same.</summary>
[Collection(nameof(Alone))]
public sealed class RuncOracleTests
{
    // What differs by chance (numbers of processes, times) or on purpose is left out here and nowhere else: masks are one shared
    // empty directory instead of one each, the directory of version 1 hierarchies really is read-only, and every /dev has core.
    private const string Probe =
        """
        echo == mounts
        mount | sed 's/^shm /tmpfs /; s/^systemd /cgroup /' | grep -vE '^tmpfs on (/proc/|/sys/firmware|/sys/fs/cgroup type)|/sys/fs/cgroup/unified' | sort
        echo == hidden
        for path in /proc/acpi /proc/kcore /proc/keys /proc/timer_list /sys/firmware; do test -e $path && echo $path $(cat $path 2>/dev/null | wc -c); done
        echo == devices
        ls -ln /dev | awk '{ print $1, $3, $5, $6, $NF }' | grep -vE '^(total|lrw.*kcore|.*mqueue)'
        echo == rights
        grep -E '^(Uid|Gid|Groups|Umask|Cap|NoNew|Seccomp)' /proc/self/status
        echo == limits
        grep -E 'open files|core file' /proc/self/limits; cat /proc/self/oom_score_adj
        echo == names
        hostname; pwd; env | sort
        echo == descriptors
        ls /proc/self/fd
        echo == network
        ip -o link | cut -d: -f2,3; cat /proc/sys/net/ipv4/ip_unprivileged_port_start
        echo == cgroups
        cut -d/ -f1 /proc/self/cgroup | sort; ls /sys/fs/cgroup | grep -v unified
        """;

    public static TheoryData<string> Variants { get; } = ["plain", "user", "frozen", "users", "cgroups", "shared"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Container_SeenFromInside_IsWhatRuncMakes(string variant)
    {
        Host.Requires(Host.Root, HostileBundle.Needs, Host.Command("runc"), Host.Cgroup1);
        using HostileBundle bundle = new(cgroups: true);
        Directory.CreateDirectory(bundle.InRoot("/dev"));
        File.WriteAllText(bundle.InRoot("/probe.sh"), Probe);
        foreach (string applet in new[] { "mount", "sed", "grep", "sort", "cat", "wc", "ls", "awk", "hostname", "env", "ip", "cut" })
        {
            File.CreateSymbolicLink(bundle.InRoot($"/bin/{applet}"), "busybox");
        }

        Spec spec = Vary(variant, Engine());
        File.WriteAllBytes(Path.Combine(bundle.Location, "config.json"), SpecWriter.Write(spec));
        CommandResult expected = Command.Run(
            "runc", "--root", Path.Combine(bundle.Location, "runc"), "run", "--bundle", bundle.Location, $"oracle-{Environment.ProcessId}").Succeeded();

        Outcome actual = bundle.Run("", _ => spec);
        Assert.Null(actual.Refusal);
        Assert.Contains("== cgroups", expected.Output, StringComparison.Ordinal);
        Assert.Equal(expected.Output, actual.Output);
    }

    private static Spec Engine()
    {
        RunOptions options = new() { ContainerId = "0123456789abcdef", Command = [HostileBundle.Shell, "sh", "/probe.sh"] };
        BundleFacts facts = new() { UnifiedCgroups = false, Kernel = Environment.OSVersion.Version };
        Spec made = BundleSpec.Create(ImageDefaults.None, options, UserDatabase.None, facts);
        return made with { Process = made.Process! with { Env = [.. made.Process!.Env, "TWICE=1"] } };
    }

    private static Spec Vary(string variant, Spec spec)
    {
        Process process = spec.Process!;
        LinuxSpec linux = spec.Linux;
        return variant switch
        {
            "user" => spec with
            {
                Process = process with
                {
                    User = new User { Uid = 1000, Gid = 1000, AdditionalGids = [1000, 7], Umask = 0b000_111_111 },
                    NoNewPrivileges = true,
                    OomScoreAdj = 100,
                    Cwd = "/tmp",
                    Rlimits = [new Rlimit("RLIMIT_NOFILE", 100, 200), new Rlimit("RLIMIT_CORE", 0, 0)],
                    Capabilities = process.Capabilities! with { Inheritable = ["CAP_CHOWN"], Ambient = ["CAP_CHOWN"] },
                },
            },
            "frozen" => spec with { Root = spec.Root! with { Readonly = true }, Hostname = "frozen" },
            "users" => spec with
            {
                Linux = linux with
                {
                    Namespaces = [.. linux.Namespaces, new LinuxNamespace(NamespaceType.User)],
                    UidMappings = [new(0, 100000, 65536)],
                    GidMappings = [new(0, 100000, 65536)],
                    Sysctl = new Dictionary<string, string>(),
                },
            },
            "cgroups" => spec with { Linux = linux with { Namespaces = [.. linux.Namespaces, new LinuxNamespace(NamespaceType.Cgroup)] } },
            "shared" => spec with
            {
                Linux = linux with
                {
                    Namespaces = [.. linux.Namespaces.Where(item => item.Type is not (NamespaceType.Pid or NamespaceType.Network))],
                    Sysctl = new Dictionary<string, string>(),
                },
            },
            _ => spec,
        };
    }
}
