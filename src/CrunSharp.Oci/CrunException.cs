namespace CrunSharp.Oci;

/// <summary>A failure that a user reads: what was being done, and why it did not work.</summary>
public sealed class CrunException : Exception
{
    public CrunException(string what, string why, Exception? inner = null)
        : base($"{what}: {why}", inner)
    {
        What = what;
        Why = why;
    }

    public string What { get; }

    public string Why { get; }

    /// <summary>Sentences or commands to paste; only where the cause is known.</summary>
    public IReadOnlyList<string> Hints { get; init; } = [];

    /// <summary>What the process answers: 125 unless the container's own program could not be run.</summary>
    public int ExitCode { get; init; } = 125;
}
