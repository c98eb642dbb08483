namespace CrunSharp.Registry;

/// <summary>How much time a registry gets, and how often it is asked again.</summary>
/// <remarks>Sizes are no settings: manifest and index 4 MiB, config 8 MiB, token answer 1 MiB, a blob what its descriptor says.</remarks>
public sealed record RegistryLimits
{
    /// <summary>From the first packet to the end of the TLS handshake.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Until the headers of an answer are there, and for all of a small document.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Spent waiting while fewer than <see cref="StallBytes"/> of a blob arrive; then the connection is given up.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    public int StallBytes { get; init; } = 4096;

    /// <summary>Tries without progress before a failure is the answer.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>Before the second try; doubled from there.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest pause, also where the registry asks for a longer one.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(60);
}
