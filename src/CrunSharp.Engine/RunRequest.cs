using CrunSharp.Bundles;
using CrunSharp.Networks;
using CrunSharp.Oci;
using CrunSharp.Runtime;

namespace CrunSharp.Engine;

/// <summary>When <c>run</c> asks the registry.</summary>
public enum PullPolicy
{
    Missing,
    Always,
    Never,
}

/// <summary>A container to be made of an image and run in the foreground.</summary>
public sealed record RunRequest
{
    public required string Image { get; init; }

    /// <summary>What the user asked of the program and its surroundings; the engine adds the id, the root and what it mounts.</summary>
    public required RunOptions Options { get; init; }

    public PullPolicy Pull { get; init; }

    /// <summary>Null: this host's, and another is taken with a warning where the store has nothing else.</summary>
    public Platform? Platform { get; init; }

    public string? Name { get; init; }

    public bool AutoRemove { get; init; }

    public NetworkMode Network { get; init; } = NetworkMode.Private;

    public IReadOnlyList<VolumeOption> Volumes { get; init; } = [];

    /// <summary>What of the isolation is left out.</summary>
    public Isolation Isolation { get; init; } = Isolation.Whole;

    /// <summary>Takes the times of this run, up to the moment when the program is executed; null: nothing is timed.</summary>
    public LaunchTrace? Trace { get; init; }

    /// <summary>Called with <see cref="Trace"/> once the program runs, before this process becomes its monitor.</summary>
    public Action<LaunchTrace>? Traced { get; init; }

    /// <summary>Where <c>why</c> observes this run; null: nobody does.</summary>
    public ObservedRun? Observed { get; init; }
}

/// <summary>A further process for a running container.</summary>
public sealed record ExecCommand
{
    public required string Container { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    public bool Interactive { get; init; }

    public bool Terminal { get; init; }

    public bool Privileged { get; init; }

    public IReadOnlyList<string> Environment { get; init; } = [];

    public string? WorkingDirectory { get; init; }

    public string? User { get; init; }
}
