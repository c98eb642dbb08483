namespace CrunSharp.Runtime;

/// <summary>Who makes the cgroups of a container.</summary>
public enum CgroupManager
{
    /// <summary>This process, by directories.</summary>
    Cgroupfs,

    /// <summary>systemd, asked over D-Bus.</summary>
    Systemd,

    /// <summary>Nobody: the container stays in the caller's.</summary>
    Disabled,
}

/// <summary>What a runtime is told once, whatever the container.</summary>
public sealed record RuntimeOptions
{
    /// <summary>Holds one directory per container; made with mode 0700 when absent.</summary>
    public required string StateRoot { get; init; }

    public CgroupManager CgroupManager { get; init; } = CgroupManager.Cgroupfs;

    /// <summary>Where compiled seccomp filters are kept; null: beneath <see cref="StateRoot"/>.</summary>
    public string? SeccompCache { get; init; }

    /// <summary>Failures that must not replace the one that led to them, and what was left out on this host.</summary>
    public Action<string>? Warn { get; init; }
}
