using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>A launch, decided: what clone is asked for, and what the stage then does in this order.</summary>
public sealed record LaunchPlan
{
    /// <summary>Never holds <see cref="Namespaces.Cgroup"/>: its root would be the launcher's cgroup.</summary>
    public required Namespaces New { get; init; }

    /// <summary>What the launcher writes into uid_map when a user namespace is made; else empty.</summary>
    public IReadOnlyList<IdMapping> UidMap { get; init; } = [];

    public IReadOnlyList<IdMapping> GidMap { get; init; } = [];

    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>The descriptors that the steps need, each once, in the order in which the stage gets them.</summary>
    public required IReadOnlyList<FdSlot> Slots { get; init; }

    /// <summary>Whether the stage notes the time after every step, in <see cref="FdSlot.Times"/>.</summary>
    public bool Trace { get; init; }

    /// <summary>What was asked for and could be left out without harm; sentences for the log.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
