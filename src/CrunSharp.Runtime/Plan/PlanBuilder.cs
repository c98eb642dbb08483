using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>A plan in the making: its steps so far and the descriptors that they need.</summary>
internal sealed class PlanBuilder(HostFacts facts, PlanOptions options)
{
    private readonly List<FdSlot> _slots = [];

    public HostFacts Facts { get; } = facts;

    public PlanOptions Options { get; } = options;

    public List<Step> Steps { get; } = new(64);

    public List<string> Warnings { get; } = [];

    /// <summary>Whether this plan is carried out in a user namespace that is not the host's first one.</summary>
    public bool InUserNamespace { get; set; } = !facts.InitialUserNamespace;

    public void Add(Step step) => Steps.Add(step);

    /// <summary>Asks the launcher for a descriptor; the same one twice is one.</summary>
    public FdSlot Need(FdSlot slot)
    {
        if (!_slots.Contains(slot))
        {
            _slots.Add(slot);
        }

        return slot;
    }

    public void Warn(string text) => Warnings.Add(text);

    public LaunchPlan Finish(Namespaces created, IReadOnlyList<IdMapping> uids, IReadOnlyList<IdMapping> gids)
    {
        if (Options.Trace)
        {
            _slots.Add(new FdSlot.Times(Steps.Count));
        }

        return new LaunchPlan
        {
            New = created,
            UidMap = uids,
            GidMap = gids,
            Steps = Steps,
            Slots = _slots,
            Trace = Options.Trace,
            Warnings = Warnings,
        };
    }
}
