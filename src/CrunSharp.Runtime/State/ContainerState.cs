using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Where a container is in its life.</summary>
/// <remarks>runtime-spec 1.3, runtime.md#state; paused is runc's addition.</remarks>
public enum ContainerStatus
{
    Creating,
    Created,
    Running,
    Paused,
    Stopped,
}

/// <summary>A container as its callers see it.</summary>
/// <remarks>runtime-spec 1.3, runtime.md#state.</remarks>
public sealed record ContainerState
{
    public required ContainerId Id { get; init; }

    public required ContainerStatus Status { get; init; }

    /// <summary>The first process, as the host sees it; 0 once it has ended.</summary>
    public required int Pid { get; init; }

    public required string Bundle { get; init; }

    public required string RootPath { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Name, or number, of the user who made it.</summary>
    public required string Owner { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>The container's cgroups, one per hierarchy; empty where it has none of its own.</summary>
    public IReadOnlyList<string> CgroupDirectories { get; init; } = [];

    /// <summary>systemd's unit, where systemd made the cgroup.</summary>
    public string? Scope { get; init; }
}
