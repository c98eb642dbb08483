namespace CrunSharp.Bench;

/// <summary>A figure that others published: on other machines, by other ways, so it stands beside ours in grey and is never mixed with it.</summary>
/// <param name="Contestant">On whose row it stands.</param>
/// <param name="To">The same as <paramref name="From"/> for a single figure.</param>
public sealed record Published(string Contestant, double From, double To, string What, string Source)
{
    /// <summary>Milliseconds of a start.</summary>
    public static IReadOnlyList<Published> Starts { get; } =
    [
        new("crun", 5, 5, "start of /bin/true", "crun's README"),
        new("docker", 568, 568, "docker run, of which its namespaces 8 to 10 ms", "arXiv 2602.15214"),
        new("runsc", 81, 280, "start of a gVisor sandbox", "figures collected in crun-sharp's issue 4"),
        new("kata", 600, 950, "start of a Kata container", "figures collected in crun-sharp's issue 4"),
        new("firecracker", 125, 125, "at most, to the guest's init", "Firecracker's SPECIFICATION.md"),
        new("firecracker", 351, 1133, "end to end, by two third parties", "figures collected in crun-sharp's issue 4"),
    ];

    /// <summary>MiB of one instance.</summary>
    public static IReadOnlyList<Published> Memory { get; } =
    [
        new("firecracker", 5, 5, "at most, of the monitor without its guest", "Firecracker's SPECIFICATION.md"),
    ];

    public string Figure(string unit) => From == To ? $"{Figures.Text(From)} {unit}" : $"{Figures.Text(From)} to {Figures.Text(To)} {unit}";
}
