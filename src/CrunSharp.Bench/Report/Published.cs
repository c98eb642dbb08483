namespace CrunSharp.Bench;

/// <summary>A figure that others published: on other machines, by other ways, so it stands beside ours in grey and is never mixed with it.</summary>
/// <param name="Contestant">On whose row it stands.</param>
/// <param name="To">The same as <paramref name="From"/> for a single figure.</param>
public sealed record Published(string Contestant, double From, double To, string What, string Source)
{
    /// <summary>Stands where the one who measured it was not found: such a figure is passed on, and says so.</summary>
    public const string Unsourced = "no primary source found";

    /// <summary>Milliseconds of a start.</summary>
    public static IReadOnlyList<Published> Starts { get; } =
    [
        new("crun", 16.9, 16.9, "`crun run` of /bin/true, one of 100 in turn", "README.md of github.com/containers/crun, \"Performance\""),
        new("runc", 33.4, 33.4, "the same with runc", "README.md of github.com/containers/crun, \"Performance\""),
        new("docker", 568, 568, "`docker run` on a cloud's SSD, of which its namespaces 8 to 10 ms", "arxiv.org/abs/2602.15214"),
        new("runsc", 81, 280, "`runsc create` and `start`, eight hosts", "apoxy.dev/blog/gvisor-cold-start-where-the-time-goes"),
        new("kata", 850, 950, "a pod and its container through CRI, version 2.5.2 with Cloud Hypervisor", "kuasar.io/blog/benchmark-test-report"),
        new("kata", 600, 600, "start of a container", Unsourced),
        new("firecracker", 125, 125, "at most, from InstanceStart to the guest's init, without a console", "SPECIFICATION.md of github.com/firecracker-microvm/firecracker"),
        new("firecracker", 1133, 1133, "end to end: disk, network, monitor, boot, until ssh answers", "numavm.com/blog/2026-03-10-1-second-boot"),
        new("firecracker", 351, 351, "end to end", Unsourced),
    ];

    /// <summary>MiB of one instance.</summary>
    public static IReadOnlyList<Published> Memory { get; } =
    [
        new("firecracker", 5, 5, "at most, of the monitor without its guest", "SPECIFICATION.md of github.com/firecracker-microvm/firecracker"),
    ];

    public string Figure(string unit) => From == To ? $"{Figures.Text(From)} {unit}" : $"{Figures.Text(From)} to {Figures.Text(To)} {unit}";
}
