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
        Environment = workshop.Variables,
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

        // Its lock on the tree would let a second instance wait for the first; none of them changes the tree. (systemd's ENVIRONMENT.md)
        Environment = [.. workshop.Variables, "SYSTEMD_NSPAWN_LOCK=0"],
        Arguments =
        [
            path, "--quiet", $"--directory={workshop.Tree}", $"--setenv={workshop.MarkVariable}", "--register=no", "--keep-unit", "--private-network", "--console=pipe",
            $"--machine={instance}", "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--", .. program.Arguments,
        ],
    });
}

/// <summary>A virtual machine: a kernel of its own boots with the image's tree as root and our first process.</summary>
internal sealed class MachineContestant(Workshop workshop, MachineMonitor monitor) : Contestant
{
    public override string Name => monitor.Name;

    public override ContestantGroup Group => ContestantGroup.Machine;

    public override string Version => monitor.Version;

    public override string? Caveat => monitor.Acceleration == "KVM" ? null : monitor.Acceleration;

    public override string What => $"virtual machine ({monitor.Acceleration}), 1 CPU, kernel {monitor.Kernel}; {monitor.Root}";

    public override IReadOnlyList<string> Files => monitor.Files;

    public override IReadOnlyList<string> StateDirectories => [$"{workshop.Directory}/machines"];

    public override long ImageBytes() => DiskUse.Of([monitor.RootOf(workshop.Machine)]);

    public MachineMonitor Monitor => monitor;

    public Workshop Workshop => workshop;

    public override PreparedStart Prepare(BenchProgram program, string instance)
    {
        PreparedMachine machine = monitor.Prepare(workshop.Machine, Request(program, verbose: false));
        return new PreparedStart(machine.Start with { Environment = workshop.Variables }, machine.Dispose);
    }

    public MachineRequest Request(BenchProgram program, bool verbose) => new()
    {
        Command = program.Arguments,
        Environment = workshop.Spec.Process!.Env,
        MemoryMiB = workshop.MemoryMiB,
        Verbose = verbose,
    };
}
