using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>What is known of a container beside its bundle: <c>record.json</c> in its directory.</summary>
/// <remarks>Replaced whole: written, synced, renamed. It never says 'running': whether a process lives is asked of the kernel.</remarks>
public sealed record ContainerRecord
{
    public required ContainerId Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The image as the user wrote it.</summary>
    public required string Image { get; init; }

    /// <summary>The digest of the image's config.</summary>
    public required Digest ImageId { get; init; }

    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Whether all of it goes when its program ends.</summary>
    public bool AutoRemove { get; init; }

    public bool Terminal { get; init; }

    public string Network { get; init; } = "private";

    /// <summary>What <c>stop</c> sends first.</summary>
    public string StopSignal { get; init; } = "TERM";

    /// <summary>The process that creates the container and then stays with it: same pid before and after it becomes the monitor.</summary>
    public ProcessIdentity? Monitor { get; init; }

    /// <summary>The container's first process, as the host sees it.</summary>
    public ProcessIdentity? Process { get; init; }

    /// <summary>Processes that serve this container alone and end with it.</summary>
    public IReadOnlyList<ProcessIdentity> Helpers { get; init; } = [];

    /// <summary>Directories of control groups, to be removed with the container.</summary>
    public IReadOnlyList<string> Cgroups { get; init; } = [];

    public DateTimeOffset? Started { get; init; }
}
