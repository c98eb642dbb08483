namespace CrunSharp.Bundles;

/// <summary>What the user of <c>run</c> and <c>create</c> asked for, checked and in the words of the kernel.</summary>
public sealed record RunOptions
{
    public required string ContainerId { get; init; }

    /// <summary>Absent: the first twelve characters of the id, or the host's name where its uts namespace is used.</summary>
    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    /// <summary>Replaces the image's command.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Replaces the image's entrypoint, and drops its command; an empty text means none.</summary>
    public string? Entrypoint { get; init; }

    /// <summary><c>NAME=value</c>, or <c>NAME</c> to take this process's value.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public string? User { get; init; }

    public IReadOnlyList<string> AdditionalGroups { get; init; } = [];

    public string? WorkingDirectory { get; init; }

    public bool Terminal { get; init; }

    public bool Interactive { get; init; }

    public bool ReadOnlyRoot { get; init; }

    public bool Privileged { get; init; }

    /// <summary>Whether a process of ours stays as the first one and reaps.</summary>
    public bool Init { get; init; }

    public IReadOnlyList<string> AddCapabilities { get; init; } = [];

    public IReadOnlyList<string> DropCapabilities { get; init; } = [];

    public SecurityOptions Security { get; init; } = SecurityOptions.Default;

    public IReadOnlyList<BundleMount> Mounts { get; init; } = [];

    public IReadOnlyList<DeviceMapping> Devices { get; init; } = [];

    /// <summary>Rules as <c>c 1:3 rwm</c>.</summary>
    public IReadOnlyList<string> DeviceCgroupRules { get; init; } = [];

    public IReadOnlyList<Ulimit> Ulimits { get; init; } = [];

    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public ResourceOptions Resources { get; init; } = ResourceOptions.None;

    public NamespaceChoice Network { get; init; } = NamespaceChoice.Private;

    public NamespaceChoice Pid { get; init; } = NamespaceChoice.Private;

    public NamespaceChoice Ipc { get; init; } = NamespaceChoice.Private;

    public NamespaceChoice Uts { get; init; } = NamespaceChoice.Private;

    /// <summary>Absent: private on a host of cgroup v2, the host's on one of version 1, as docker does it.</summary>
    public NamespaceChoice? Cgroup { get; init; }

    /// <summary>Absent: the container shares the engine's user namespace.</summary>
    public UserNamespaceMap? UserNamespace { get; init; }

    /// <summary>Beneath the engine's own cgroup unless it begins with a slash.</summary>
    public string? CgroupsPath { get; init; }

    public int? OomScoreAdj { get; init; }

    /// <summary>Bytes of /dev/shm.</summary>
    public long ShmSize { get; init; } = 64 << 20;

    public uint? Umask { get; init; }
}

/// <summary>A namespace of the container's own, the host's, or another's by path.</summary>
public sealed record NamespaceChoice
{
    public static NamespaceChoice Private { get; } = new();

    public static NamespaceChoice Host { get; } = new() { IsHost = true };

    public bool IsHost { get; private init; }

    public string? Path { get; private init; }

    public bool IsPrivate => !IsHost && Path is null;

    public static NamespaceChoice Join(string path) => new() { Path = path };
}

/// <summary>The maps of a user namespace of the container's own, or one to join.</summary>
public sealed record UserNamespaceMap(IReadOnlyList<Oci.IdMapping> Uids, IReadOnlyList<Oci.IdMapping> Gids, string? Path = null);

/// <summary>What <c>--security-opt</c> asks for.</summary>
public sealed record SecurityOptions
{
    public static SecurityOptions Default { get; } = new();

    public bool NoNewPrivileges { get; init; }

    public bool SeccompUnconfined { get; init; }

    /// <summary>A profile in docker's format to take instead of the default one.</summary>
    public ReadOnlyMemory<byte> SeccompProfile { get; init; }

    /// <summary><c>systempaths=unconfined</c>: nothing of /proc and /sys is masked or read-only.</summary>
    public bool UnmaskedPaths { get; init; }

    public string? ApparmorProfile { get; init; }

    /// <summary>Paths to mask beside the usual ones.</summary>
    public IReadOnlyList<string> Mask { get; init; } = [];

    /// <summary>Paths not to mask.</summary>
    public IReadOnlyList<string> Unmask { get; init; } = [];
}

/// <summary>A mount whose source the engine has already found or made.</summary>
public sealed record BundleMount
{
    /// <summary><c>bind</c> or <c>tmpfs</c>.</summary>
    public required string Type { get; init; }

    public string? Source { get; init; }

    public required string Destination { get; init; }

    public IReadOnlyList<string> Options { get; init; } = [];
}

/// <param name="Type"><c>c</c> or <c>b</c>.</param>
/// <param name="Permissions">Of <c>r</c>, <c>w</c> and <c>m</c>.</param>
public sealed record DeviceMapping(string ContainerPath, char Type, uint Major, uint Minor, string Permissions)
{
    /// <summary>Absent: the same as in the container.</summary>
    public string? HostPath { get; init; }

    public uint FileMode { get; init; } = 0b110_110_110;

    public uint Uid { get; init; }

    public uint Gid { get; init; }
}

/// <param name="Name">Lower case and without RLIMIT_: <c>nofile</c>.</param>
public sealed record Ulimit(string Name, ulong Soft, ulong Hard);

/// <summary>Limits as the user wrote them, in bytes and numbers.</summary>
public sealed record ResourceOptions
{
    public static ResourceOptions None { get; } = new();

    public long? Memory { get; init; }

    public long? MemoryReservation { get; init; }

    /// <summary>Memory and swap together; -1: as much swap as there is.</summary>
    public long? MemorySwap { get; init; }

    public long? MemorySwappiness { get; init; }

    public bool OomKillDisable { get; init; }

    /// <summary>Billionths of a CPU, as <c>--cpus</c> gives them.</summary>
    public long? NanoCpus { get; init; }

    public ulong? CpuShares { get; init; }

    public ulong? CpuPeriod { get; init; }

    public long? CpuQuota { get; init; }

    public string? CpusetCpus { get; init; }

    public string? CpusetMems { get; init; }

    public long? PidsLimit { get; init; }

    public ushort? BlockIoWeight { get; init; }
}
