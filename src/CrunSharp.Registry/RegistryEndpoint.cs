namespace CrunSharp.Registry;

/// <summary>One place that may have an image: a host, and what the repository is called there.</summary>
public sealed record RegistryEndpoint
{
    /// <summary>Host and port as configured or typed: credentials and certificates are looked up by it.</summary>
    public required string Registry { get; init; }

    /// <summary>The repository's name there; mirrors often add a prefix.</summary>
    public required string Repository { get; init; }

    /// <summary>True where plain http and unproved certificates were allowed by name.</summary>
    public bool Insecure { get; init; }

    public bool IsMirror { get; init; }

    /// <summary>Which references a mirror may answer.</summary>
    public MirrorUse Use { get; init; } = MirrorUse.All;

    public override string ToString() => $"{Registry}/{Repository}";
}

/// <summary>registries.conf's <c>pull-from-mirror</c>.</summary>
public enum MirrorUse
{
    All,
    DigestOnly,
    TagOnly,
}
