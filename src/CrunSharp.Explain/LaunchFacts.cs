using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>All that a launch by hand needs to know: the plan, and what stands ready before it is carried out.</summary>
public sealed record LaunchFacts
{
    /// <summary>The command that is explained, as it was typed.</summary>
    public required string Command { get; init; }

    public required LaunchPlan Plan { get; init; }

    public required CgroupOutline Cgroup { get; init; }

    /// <summary>Where the container's files would lie; nothing is there.</summary>
    public required string Directory { get; init; }

    /// <summary>A directory of the same file system as the layers, in which a container by hand may make its own.</summary>
    public required string Store { get; init; }

    /// <summary>Files that exist before the launch, beneath <see cref="Directory"/>.</summary>
    public IReadOnlyList<PreparedFile> Files { get; init; } = [];

    /// <summary>Anonymous volumes, beneath <see cref="Directory"/>, with what the image has in their place.</summary>
    public IReadOnlyList<PreparedVolume> Volumes { get; init; } = [];

    /// <summary>Owner and mode of the image's root directory.</summary>
    public required RootOwner Root { get; init; }

    /// <summary>Whether the program reads what the caller gives it.</summary>
    public bool Interactive { get; init; }

    public bool Terminal { get; init; }

    /// <summary>The user's own namespace, in which an ordinary user's engine runs; null for root.</summary>
    public UserMaps? User { get; init; }

    /// <summary>The program that carries the packets of a private network; null: it is not wanted.</summary>
    public string? NetworkHelper { get; init; }
}

public sealed record PreparedFile(string Path, string Text);

/// <param name="Layers">Of the image, top first: where what the volume begins with is looked for.</param>
public sealed record PreparedVolume(string Path, string Destination, IReadOnlyList<string> Layers);

public sealed record RootOwner(uint Uid, uint Gid, uint Mode);

/// <param name="OneId">Without subordinate ids: setgroups is denied.</param>
public sealed record UserMaps(IReadOnlyList<IdMapping> Uids, IReadOnlyList<IdMapping> Gids, bool OneId);
