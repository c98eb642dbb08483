namespace CrunSharp.Oci;

/// <summary>The section <c>linux</c> of config.json.</summary>
/// <remarks>runtime-spec 1.3, config-linux.md.</remarks>
public sealed record LinuxSpec
{
    public static LinuxSpec None { get; } = new();

    public IReadOnlyList<LinuxNamespace> Namespaces { get; init; } = [];

    public IReadOnlyList<IdMapping> UidMappings { get; init; } = [];

    public IReadOnlyList<IdMapping> GidMappings { get; init; } = [];

    public IReadOnlyDictionary<string, TimeOffset> TimeOffsets { get; init; } = new Dictionary<string, TimeOffset>();

    public IReadOnlyList<Device> Devices { get; init; } = [];

    public string? CgroupsPath { get; init; }

    public LinuxResources Resources { get; init; } = LinuxResources.None;

    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = Empty.Words;

    public string? RootfsPropagation { get; init; }

    public IReadOnlyList<string> MaskedPaths { get; init; } = [];

    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];

    public string? MountLabel { get; init; }

    /// <summary>The section as it was written, or empty: it is read only when its compiled form is not at hand.</summary>
    public ReadOnlyMemory<byte> Seccomp { get; init; }

    public Personality? Personality { get; init; }

    /// <summary>As it was written, or empty.</summary>
    public ReadOnlyMemory<byte> IntelRdt { get; init; }

    /// <summary>As it was written, or empty.</summary>
    public ReadOnlyMemory<byte> NetDevices { get; init; }

    /// <summary>As it was written, or empty.</summary>
    public ReadOnlyMemory<byte> MemoryPolicy { get; init; }

    /// <summary>The namespace of this type, where the container has one that is not the runtime's.</summary>
    public LinuxNamespace? Namespace(NamespaceType type)
    {
        foreach (LinuxNamespace candidate in Namespaces)
        {
            if (candidate.Type == type)
            {
                return candidate;
            }
        }

        return null;
    }
}

public enum NamespaceType
{
    Pid,
    Network,
    Mount,
    Ipc,
    Uts,
    User,
    Cgroup,
    Time,
}

/// <summary>A namespace to make, or with <paramref name="Path"/> one to join.</summary>
public sealed record LinuxNamespace(NamespaceType Type, string? Path = null);

/// <summary>How far a clock of a time namespace is from the host's.</summary>
public readonly record struct TimeOffset(long Seconds, uint Nanoseconds);

/// <summary>A device node in the container.</summary>
/// <remarks>runtime-spec 1.3, config-linux.md#devices.</remarks>
public sealed record Device
{
    public required string Path { get; init; }

    /// <summary><c>c</c>, <c>u</c>, <c>b</c> or <c>p</c>.</summary>
    public required char Type { get; init; }

    public uint Major { get; init; }

    public uint Minor { get; init; }

    /// <summary>Permission bits; absent: 0666.</summary>
    public uint? FileMode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }
}

/// <summary>The execution domain; <paramref name="Domain"/> is <c>LINUX</c> or <c>LINUX32</c>.</summary>
public sealed record Personality(string Domain, IReadOnlyList<string> Flags);
