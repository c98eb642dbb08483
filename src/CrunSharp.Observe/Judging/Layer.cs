namespace CrunSharp.Observe;

/// <summary>Who refused.</summary>
public enum Layer
{
    Capability,
    Seccomp,
    Lsm,
    Cgroup,
    ReadOnlyMount,

    /// <summary>nodev, noexec, nosuid or the size of a mount.</summary>
    MountOption,
    MaskedPath,
    IdMap,
    MissingDevice,
    ResourceLimit,
    NoNewPrivileges,

    /// <summary>A sysctl of the kernel's.</summary>
    KernelSetting,
    Network,
    PidNamespace,

    /// <summary>Owner and mode, as on any machine: no part of the isolation.</summary>
    FilePermission,

    /// <summary>A filter or a domain that the program gave itself.</summary>
    Program,

    /// <summary>Following the program has itself been the reason.</summary>
    Observer,

    /// <summary>The kernel or the file system cannot do it, whoever asks.</summary>
    Kernel,
    Unknown,
}

/// <summary>Layers in words.</summary>
public static class LayerNames
{
    public static string Of(Layer layer) => layer switch
    {
        Layer.Capability => "capability",
        Layer.Seccomp => "seccomp",
        Layer.Lsm => "LSM",
        Layer.Cgroup => "cgroup",
        Layer.ReadOnlyMount => "read-only mount",
        Layer.MountOption => "mount option",
        Layer.MaskedPath => "masked path",
        Layer.IdMap => "id map",
        Layer.MissingDevice => "missing device",
        Layer.ResourceLimit => "resource limit",
        Layer.NoNewPrivileges => "no_new_privs",
        Layer.KernelSetting => "kernel setting",
        Layer.Network => "network namespace",
        Layer.PidNamespace => "pid namespace",
        Layer.FilePermission => "file permission",
        Layer.Program => "the program itself",
        Layer.Observer => "being observed",
        Layer.Kernel => "kernel",
        _ => "unknown",
    };

    /// <summary>Whether the container's isolation refused; the rest would have happened anywhere.</summary>
    public static bool IsIsolation(Layer layer) => layer is not (Layer.FilePermission or Layer.Program or Layer.Observer or Layer.Kernel);
}

/// <summary>What can be left out of a container for one more run.</summary>
public enum Lift
{
    Seccomp,
    Capabilities,
    Masks,
    ReadOnly,
    Cgroup,
    Devices,
    NoNewPrivileges,
}

/// <summary>How much a refusal says of a program's bad end: programs look for much that they can do without.</summary>
public enum Weight
{
    Full,

    /// <summary>Only where nothing of full weight is known.</summary>
    IfNothingElse,

    /// <summary>Only where the program spoke of it.</summary>
    IfTold,
}

/// <summary>Which layer refused a call, and how that is known.</summary>
/// <param name="Detail">What of the layer: a capability, a mount, a limit.</param>
public sealed record Verdict(Layer Layer, string Detail)
{
    /// <summary>What was looked at, one fact each.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>What would refuse next, were this layer not there.</summary>
    public IReadOnlyList<string> Behind { get; init; } = [];

    /// <summary>Options of run that let it pass, the narrowest first.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>When it counts as what the program ended for.</summary>
    public Weight Weight { get; init; }

    /// <summary>Layers whose lifting would tell more; empty: nothing is in doubt.</summary>
    public IReadOnlyList<Lift> Doubt { get; init; } = [];
}
