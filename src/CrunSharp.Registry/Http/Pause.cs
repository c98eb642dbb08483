namespace CrunSharp.Registry.Http;

/// <summary>The growing pauses between tries.</summary>
internal sealed class Pause(RegistryLimits limits)
{
    private TimeSpan _next = limits.FirstPause;

    /// <param name="asked">What the other side wants; it counts where it is longer.</param>
    /// <param name="cancellationToken">Ends the pause.</param>
    public Task WaitAsync(TimeSpan? asked, CancellationToken cancellationToken)
    {
        // Clients that failed together must not come back together.
        TimeSpan own = _next * (0.75 + (Random.Shared.NextDouble() / 2));
        _next *= 2;
        TimeSpan length = asked > own ? asked.Value : own;
        return Task.Delay(length < limits.LongestPause ? length : limits.LongestPause, cancellationToken);
    }

    public static TimeSpan? AskedFor(HttpResponseMessage response) =>
        response.Headers.RetryAfter is { } header ? header.Delta ?? (header.Date - DateTimeOffset.UtcNow) : null;
}
