using CrunSharp.Machines;

namespace CrunSharp.Bench;

/// <summary>bubblewrap: namespaces and a bound root for desktop programs; no cgroup, no filter of its own.</summary>
internal sealed class BubblewrapContestant(Workshop workshop, string path, string version) : Contestant
{
    public override string Name => "bubblewrap";

    public override ContestantGroup Group => ContestantGroup.Runtime;

    public override string Version => version;

    public override string What => "all namespaces but user (when root), the tree bound, /proc and /dev; no cgroup, no limit, no system call filter";

    public override IReadOnlyList<string> Files => [path];

    public override long ImageBytes() => DiskUse.Of([workshop.Tree]);

    public override PreparedStart Prepare(BenchProgram program, string instance) => new(new TimedStart
    {
        Path = path,
        Arguments =
        [
            path, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent",
            "--bind", workshop.Tree, "/", "--proc", "/proc", "--dev", "/dev", "--", .. program.Arguments,
        ],
    });
}

/// <summary>systemd-nspawn, without asking systemd for a scope of its own.</summary>
internal sealed class NspawnContestant(Workshop workshop, string path, string version) : Contestant
{
    public override string Name => "systemd-nspawn";

    public override ContestantGroup Group => ContestantGroup.Runtime;

    public override string Version => version;

    public override string What => "namespaces, capabilities and its own filter of system calls on the tree; neither registered nor limited";

    public override IReadOnlyList<string> Files => [path];

    public override long ImageBytes() => DiskUse.Of([workshop.Tree]);

    public override PreparedStart Prepare(BenchProgram program, string instance) => new(new TimedStart
    {
        Path = path,
        Arguments =
        [
            path, "--quiet", $"--directory={workshop.Tree}", "--register=no", "--keep-unit", "--private-network", "--console=pipe",
            $"--machine={instance}", "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--", .. program.Arguments,
        ],
    });
}

/// <summary>containerd by its own client, on the tree; with another shim it is Kata Containers.</summary>
internal sealed class ContainerdContestant(Workshop workshop, string name, string path, string version, string runtime) : Contestant
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    public override string Name => name;

    public override ContestantGroup Group => name == "kata" ? ContestantGroup.Machine : ContestantGroup.Engine;

    public override string Version => version;

    public override string What => $"`ctr run` with the runtime {runtime}, the tree as its root; the daemon is at work beside it";

    public override IReadOnlyList<string> Files => [path];

    public override long ImageBytes() => DiskUse.Of([workshop.Tree]);

    public override PreparedStart Prepare(BenchProgram program, string instance) => new(
        new TimedStart
        {
            Path = path,
            Arguments =
            [
                path, "run", "--rm", "--runtime", runtime, "--memory-limit", $"{(long)workshop.MemoryMiB << 20}",
                "--rootfs", workshop.Tree, instance, .. program.Arguments,
            ],
        },
        () =>
        {
            HostTool.TryAsk(path, s_limit, "task", "delete", "--force", instance);
            HostTool.TryAsk(path, s_limit, "container", "delete", instance);
        });

    public override bool CanExec => true;

    public override PreparedStart PrepareExec(BenchProgram program, string instance) =>
        new(new TimedStart { Path = path, Arguments = [path, "task", "exec", "--exec-id", $"{instance}-{Guid.NewGuid():N}", instance, .. program.Arguments] });
}

/// <summary>A virtual machine: a kernel of its own boots with the image's tree as root and our first process.</summary>
internal sealed class MachineContestant(Workshop workshop, MachineMonitor monitor) : Contestant
{
    public override string Name => monitor.Name;

    public override ContestantGroup Group => ContestantGroup.Machine;

    public override string Version => monitor.Version;

    public override string? Caveat => monitor.Acceleration == "KVM" ? null : monitor.Acceleration;

    public override string What => $"virtual machine ({monitor.Acceleration}), 1 CPU, kernel {monitor.Kernel}; " +
        (monitor.Name == "user-mode-linux" ? "the image's tree as a read-only root (hostfs)" : "the image's tree as the kernel's first root (initramfs)");

    public override IReadOnlyList<string> Files => monitor.Files;

    public override IReadOnlyList<string> StateDirectories => [$"{workshop.Directory}/machines"];

    public override long ImageBytes() => monitor.Name == "user-mode-linux" ? DiskUse.Of([workshop.Tree]) : DiskUse.OfFiles([workshop.Machine.Archive]);

    public MachineMonitor Monitor => monitor;

    public Workshop Workshop => workshop;

    public override PreparedStart Prepare(BenchProgram program, string instance)
    {
        PreparedMachine machine = monitor.Prepare(workshop.Machine, Request(program, verbose: false));
        return new PreparedStart(machine.Start, machine.Dispose);
    }

    public MachineRequest Request(BenchProgram program, bool verbose) => new()
    {
        Command = program.Arguments,
        Environment = workshop.Spec.Process!.Env,
        MemoryMiB = workshop.MemoryMiB,
        Verbose = verbose,
    };
}
