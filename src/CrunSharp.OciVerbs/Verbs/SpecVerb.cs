using System.CommandLine;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.OciVerbs;

internal sealed class SpecVerb() : OciVerb("spec", "Write a config.json to begin with")
{
    private readonly Option<string?> _bundle = new("--bundle", "-b") { Description = "Directory to write it into" };
    private readonly Option<bool> _rootless = new("--rootless") { Description = "For a user without privilege" };

    public override void Describe(Command command)
    {
        command.Options.Add(_bundle);
        command.Options.Add(_rootless);
    }

    public override int Run(ParseResult parsed, OciContext context)
    {
        string path = Path.Join(Path.GetFullPath(parsed.GetValue(_bundle) is { Length: > 0 } given ? given : "."), "config.json");
        if (HostPaths.Exists(path))
        {
            throw new CrunException("cannot write the spec", $"File {path} exists. Remove it first");
        }

        HostPaths.Replace(path, SpecWriter.Write(Example(parsed.GetValue(_rootless))), 0x1b6 /* 0666 */);
        return 0;
    }

    internal static Spec Example(bool rootless)
    {
        IReadOnlyList<string> capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
        return new Spec
        {
            Process = new Process
            {
                Terminal = true,
                Args = ["sh"],
                Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
                Capabilities = new CapabilitySets { Bounding = capabilities, Effective = capabilities, Permitted = capabilities },
                Rlimits = [new Rlimit("RLIMIT_NOFILE", 1024, 1024)],
                NoNewPrivileges = true,
            },
            Root = new Root { Path = "rootfs", Readonly = true },
            Hostname = "crun-sharp",
            Mounts = Mounts(rootless),
            Linux = Linux(rootless),
        };
    }

    private static List<Mount> Mounts(bool rootless)
    {
        List<Mount> mounts =
        [
            new() { Destination = "/proc", Type = "proc", Source = "proc" },
            new() { Destination = "/dev", Type = "tmpfs", Source = "tmpfs", Options = ["nosuid", "strictatime", "mode=755", "size=65536k"] },
            new()
            {
                Destination = "/dev/pts",
                Type = "devpts",
                Source = "devpts",
                Options = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", .. rootless ? Array.Empty<string>() : ["gid=5"]],
            },
            new() { Destination = "/dev/shm", Type = "tmpfs", Source = "shm", Options = ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
            new() { Destination = "/dev/mqueue", Type = "mqueue", Source = "mqueue", Options = ["nosuid", "noexec", "nodev"] },
            rootless
                ? new() { Destination = "/sys", Type = "none", Source = "/sys", Options = ["rbind", "nosuid", "noexec", "nodev", "ro"] }
                : new() { Destination = "/sys", Type = "sysfs", Source = "sysfs", Options = ["nosuid", "noexec", "nodev", "ro"] },
        ];
        if (!rootless)
        {
            mounts.Add(new Mount
            {
                Destination = "/sys/fs/cgroup",
                Type = "cgroup",
                Source = "cgroup",
                Options = ["nosuid", "noexec", "nodev", "relatime", "ro"],
            });
        }

        return mounts;
    }

    private static LinuxSpec Linux(bool rootless)
    {
        List<LinuxNamespace> namespaces = [new(NamespaceType.Pid), new(NamespaceType.Ipc), new(NamespaceType.Uts), new(NamespaceType.Mount), new(NamespaceType.Cgroup)];
        namespaces.Add(new LinuxNamespace(rootless ? NamespaceType.User : NamespaceType.Network));
        return new LinuxSpec
        {
            Namespaces = namespaces,
            UidMappings = rootless ? [new IdMapping(0, Processes.EffectiveUser, 1)] : [],
            GidMappings = rootless ? [new IdMapping(0, Processes.EffectiveGroup, 1)] : [],
            MaskedPaths =
            [
                "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
                "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
            ],
            ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        };
    }
}
