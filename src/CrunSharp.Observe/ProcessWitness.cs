namespace CrunSharp.Observe;

/// <summary>What was seen of one process, from its first program to its end.</summary>
internal sealed class ProcessWitness(int id)
{
    public int Id { get; } = id;

    public int InnerId { get; set; } = id;

    public string Program { get; set; } = "";

    /// <summary>As wait(2) gives it, once it has ended.</summary>
    public int? Status { get; set; }

    public List<SocketFilter> OwnFilters { get; private init; } = [];

    public bool HasLandlock { get; set; }

    public LostGain? LostGain { get; set; }

    public List<Refusal> Refusals { get; } = [];

    /// <summary>The last call that failed for no reason of the isolation's.</summary>
    public string? LastFailure { get; set; }

    /// <summary>What a new process has of its parent.</summary>
    public ProcessWitness Fork(int id) => new(id)
    {
        InnerId = id,
        Program = Program,
        OwnFilters = [.. OwnFilters],
        HasLandlock = HasLandlock,
        LostGain = LostGain,
    };
}
