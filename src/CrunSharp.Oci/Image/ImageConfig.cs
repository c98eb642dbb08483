namespace CrunSharp.Oci;

/// <summary>How an image wants to be run, and what its layers unpack to.</summary>
/// <remarks>
/// image-spec 1.1, config.md. A view: the bytes that came are kept, since the image's id is their digest.
/// Docker's additions (Healthcheck, Shell, OnBuild) are read as docker writes them.
/// </remarks>
public sealed partial record ImageConfig
{
    /// <summary>Bytes.</summary>
    public const int LargestSize = 8 << 20;

    public required string Architecture { get; init; }

    public required string Os { get; init; }

    public string? Variant { get; init; }

    public DateTimeOffset? Created { get; init; }

    public string? Author { get; init; }

    /// <summary>Empty means root.</summary>
    public string User { get; init; } = "";

    /// <summary><c>KEY=VALUE</c> only: a key alone would ask for the host's value, so it is left out.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Cmd { get; init; } = [];

    /// <summary>Empty means <c>/</c>.</summary>
    public string WorkingDir { get; init; } = "";

    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>As <c>80/tcp</c>.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    public string? StopSignal { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public Healthcheck? Healthcheck { get; init; }

    public IReadOnlyList<string> Shell { get; init; } = [];

    public IReadOnlyList<string> OnBuild { get; init; } = [];

    /// <summary>Digests of the unpacked layers, the lowest first.</summary>
    public IReadOnlyList<Digest> DiffIds { get; init; } = [];

    public IReadOnlyList<HistoryEntry> History { get; init; } = [];

    public Platform Platform => new(Os, Architecture, Variant);
}

/// <summary>One line of how an image was made.</summary>
public sealed record HistoryEntry
{
    public DateTimeOffset? Created { get; init; }

    public string? Author { get; init; }

    public string? CreatedBy { get; init; }

    public string? Comment { get; init; }

    /// <summary>True where the step made no layer.</summary>
    public bool EmptyLayer { get; init; }
}

/// <summary>How to ask a container whether it is well; docker's, not the image-spec's.</summary>
public sealed record Healthcheck
{
    /// <summary>Begins with <c>NONE</c>, <c>CMD</c> or <c>CMD-SHELL</c>; empty inherits.</summary>
    public IReadOnlyList<string> Test { get; init; } = [];

    /// <summary>Zero inherits, here and below.</summary>
    public TimeSpan Interval { get; init; }

    public TimeSpan Timeout { get; init; }

    public TimeSpan StartPeriod { get; init; }

    public TimeSpan StartInterval { get; init; }

    public int Retries { get; init; }
}
