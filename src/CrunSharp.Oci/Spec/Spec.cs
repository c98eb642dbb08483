namespace CrunSharp.Oci;

/// <summary>A container as config.json describes it.</summary>
/// <remarks>runtime-spec 1.3, config.md. Fields that the specification does not name are skipped.</remarks>
public sealed record Spec
{
    /// <summary>The version that <see cref="SpecWriter"/> claims where nothing else is asked for.</summary>
    public const string CurrentVersion = "1.3.0";

    public string OciVersion { get; init; } = CurrentVersion;

    /// <summary>Absent where only the container's surroundings are made; it can then not be started.</summary>
    public Process? Process { get; init; }

    public Root? Root { get; init; }

    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    public IReadOnlyList<Mount> Mounts { get; init; } = [];

    public Hooks Hooks { get; init; } = Hooks.None;

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = Empty.Words;

    public LinuxSpec Linux { get; init; } = LinuxSpec.None;
}

/// <summary>The container's root filesystem.</summary>
/// <remarks>runtime-spec 1.3, config.md#root.</remarks>
public sealed record Root
{
    /// <summary>Absolute, or beneath the bundle.</summary>
    public required string Path { get; init; }

    public bool Readonly { get; init; }
}

/// <summary>One entry of <c>mounts</c>.</summary>
/// <remarks>runtime-spec 1.3, config.md#mounts.</remarks>
public sealed record Mount
{
    /// <summary>Where it appears: a path resolved beneath the container's root.</summary>
    public required string Destination { get; init; }

    public string? Type { get; init; }

    public string? Source { get; init; }

    /// <summary>In the order they were written; a later one overrides an earlier one.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    public IReadOnlyList<IdMapping> UidMappings { get; init; } = [];

    public IReadOnlyList<IdMapping> GidMappings { get; init; } = [];
}

/// <summary>Ids <paramref name="ContainerId"/>.. of the container are <paramref name="HostId"/>.. outside.</summary>
public readonly record struct IdMapping(uint ContainerId, uint HostId, uint Size);

/// <summary>Programs that the runtime runs at points of the container's life.</summary>
/// <remarks>runtime-spec 1.3, config.md#posix-platform-hooks.</remarks>
public sealed record Hooks
{
    public static Hooks None { get; } = new();

    public IReadOnlyList<Hook> Prestart { get; init; } = [];

    public IReadOnlyList<Hook> CreateRuntime { get; init; } = [];

    public IReadOnlyList<Hook> CreateContainer { get; init; } = [];

    public IReadOnlyList<Hook> StartContainer { get; init; } = [];

    public IReadOnlyList<Hook> Poststart { get; init; } = [];

    public IReadOnlyList<Hook> Poststop { get; init; } = [];
}

public sealed record Hook
{
    public required string Path { get; init; }

    /// <summary>With the program's own name first, as for execv; empty: the path alone.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Seconds after which it is killed and has failed; absent: none.</summary>
    public int? Timeout { get; init; }
}

internal static class Empty
{
    public static IReadOnlyDictionary<string, string> Words { get; } = new Dictionary<string, string>();
}
