namespace CrunSharp.Oci;

/// <summary>Limits of a container's cgroup; what is absent stays as the kernel has it.</summary>
/// <remarks>runtime-spec 1.3, config-linux.md#control-groups.</remarks>
public sealed record LinuxResources
{
    public static LinuxResources None { get; } = new();

    /// <summary>In order: a later rule overrides an earlier one.</summary>
    public IReadOnlyList<DeviceRule> Devices { get; init; } = [];

    public MemoryLimits? Memory { get; init; }

    public CpuLimits? Cpu { get; init; }

    /// <summary>Absent: none; -1 or 0 from a caller mean no limit as well.</summary>
    public long? PidsLimit { get; init; }

    public BlockIoLimits? BlockIo { get; init; }

    public IReadOnlyList<HugepageLimit> HugepageLimits { get; init; } = [];

    public NetworkLimits? Network { get; init; }

    public IReadOnlyDictionary<string, RdmaLimit> Rdma { get; init; } = new Dictionary<string, RdmaLimit>();

    /// <summary>Files of the cgroup v2 directory and what is written into them.</summary>
    public IReadOnlyDictionary<string, string> Unified { get; init; } = Empty.Words;
}

/// <summary>One line of the device list; absent numbers and <c>a</c> stand for all.</summary>
public sealed record DeviceRule(bool Allow, char Type = 'a', long? Major = null, long? Minor = null, string Access = "rwm");

/// <summary>Bytes; -1 is no limit.</summary>
public sealed record MemoryLimits
{
    public long? Limit { get; init; }

    public long? Reservation { get; init; }

    /// <summary>Memory and swap together, as cgroup v1 counts.</summary>
    public long? Swap { get; init; }

    public long? Kernel { get; init; }

    public long? KernelTcp { get; init; }

    public ulong? Swappiness { get; init; }

    public bool? DisableOomKiller { get; init; }

    public bool? UseHierarchy { get; init; }

    public bool? CheckBeforeUpdate { get; init; }
}

/// <summary>Times in microseconds.</summary>
public sealed record CpuLimits
{
    public ulong? Shares { get; init; }

    public long? Quota { get; init; }

    public ulong? Burst { get; init; }

    public ulong? Period { get; init; }

    public long? RealtimeRuntime { get; init; }

    public ulong? RealtimePeriod { get; init; }

    public string? Cpus { get; init; }

    public string? Mems { get; init; }

    public long? Idle { get; init; }
}

public sealed record BlockIoLimits
{
    public ushort? Weight { get; init; }

    public ushort? LeafWeight { get; init; }

    public IReadOnlyList<WeightDevice> WeightDevice { get; init; } = [];

    public IReadOnlyList<ThrottleDevice> ThrottleReadBpsDevice { get; init; } = [];

    public IReadOnlyList<ThrottleDevice> ThrottleWriteBpsDevice { get; init; } = [];

    public IReadOnlyList<ThrottleDevice> ThrottleReadIopsDevice { get; init; } = [];

    public IReadOnlyList<ThrottleDevice> ThrottleWriteIopsDevice { get; init; } = [];
}

public sealed record WeightDevice(long Major, long Minor, ushort? Weight, ushort? LeafWeight);

public sealed record ThrottleDevice(long Major, long Minor, ulong Rate);

/// <summary>A limit of huge pages of one size, such as <c>2MB</c>.</summary>
public sealed record HugepageLimit(string PageSize, ulong Limit);

public sealed record NetworkLimits
{
    public uint? ClassId { get; init; }

    public IReadOnlyList<InterfacePriority> Priorities { get; init; } = [];
}

public sealed record InterfacePriority(string Name, uint Priority);

public sealed record RdmaLimit(uint? HcaHandles, uint? HcaObjects);
