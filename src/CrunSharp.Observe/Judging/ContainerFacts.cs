using CrunSharp.Oci;

namespace CrunSharp.Observe;

/// <summary>The container that is observed, as it was made.</summary>
public sealed record ContainerFacts
{
    public required Spec Spec { get; init; }

    /// <summary>The compiled filter; empty where there is none.</summary>
    public required SocketFilter Filter { get; init; }

    /// <summary>The filter as it would be with other capabilities; null where the profile does not look at them.</summary>
    public Func<ulong, SocketFilter>? FilterWith { get; init; }

    /// <summary>Whether a device cgroup guards this container, and then what it lets through.</summary>
    public Func<char, uint, uint, string, bool>? AllowsDevice { get; init; }

    /// <summary>Whether the engine runs in an ordinary user's namespace.</summary>
    public bool IsRootless { get; init; }

    /// <summary>Capabilities that could be given at all.</summary>
    public ulong Grantable { get; init; } = ulong.MaxValue;
}
