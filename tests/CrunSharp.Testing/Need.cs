namespace CrunSharp.Testing;

/// <summary>One thing that a host may lack. It is tried for real, once for each test run.</summary>
public sealed class Need(string name, Func<string?> attempt)
{
    private readonly Lazy<string?> _missing = new(attempt);

    /// <summary>The word by which <c>CRUN_SHARP_INSIST</c> names it.</summary>
    public string Name { get; } = name;

    /// <summary>Why the host does not have it and what would mend that; null where it has.</summary>
    public string? Missing() => _missing.Value;

    public override string ToString() => Name;
}
