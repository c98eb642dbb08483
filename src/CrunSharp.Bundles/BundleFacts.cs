namespace CrunSharp.Bundles;

/// <summary>What has to be known of the host.</summary>
public sealed record BundleFacts
{
    /// <summary>Whether the engine runs as root of the host's first user namespace.</summary>
    public bool Rootful { get; init; } = true;

    /// <summary>Whether cgroups can be made at all.</summary>
    public bool Cgroups { get; init; } = true;

    public bool UnifiedCgroups { get; init; } = true;

    /// <summary><c>amd64</c> or <c>arm64</c>: what the seccomp profile is rendered for.</summary>
    public string Architecture { get; init; } = "amd64";

    /// <summary>As uname shows it: parts of the seccomp profile depend on it.</summary>
    public Version Kernel { get; init; } = new(5, 4);

    /// <summary>Gids of the engine's user namespace from 0 on that are mapped; <c>gid=</c> options beyond it are dropped.</summary>
    public uint MappedGids { get; init; } = uint.MaxValue;

    /// <summary>Capabilities that can be given, as bits.</summary>
    public ulong Bounding { get; init; } = ulong.MaxValue;

    public string HostHostname { get; init; } = "localhost";

    /// <summary>This process's environment, for <c>-e NAME</c>.</summary>
    public Func<string, string?> HostEnvironment { get; init; } = static _ => null;

    /// <summary>All of /dev, for <c>--privileged</c>.</summary>
    public IReadOnlyList<DeviceMapping> HostDevices { get; init; } = [];

    /// <summary>How many CPUs the host may have: each has a directory whose counters tell of other containers.</summary>
    public int PossibleCpus { get; init; }
}
