using System.Diagnostics;
using Xunit;

namespace CrunSharp.CliTests.Kills;

/// <summary>Counts in which phase kills landed, by what was seen afterwards, not by what was aimed at.</summary>
internal sealed class PhaseCount<TPhase>
    where TPhase : struct, Enum
{
    private readonly Dictionary<TPhase, int> _hits = [];

    public int this[TPhase phase] => _hits.GetValueOrDefault(phase);

    public int Total => _hits.Values.Sum();

    public void Add(TPhase phase) => _hits[phase] = this[phase] + 1;

    public void AssertEach(int least)
    {
        string counts = string.Join(", ", Enum.GetValues<TPhase>().Select(phase => $"{phase} {this[phase]}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"kills: {counts}");
        Assert.True(Enum.GetValues<TPhase>().All(phase => this[phase] >= least), $"at least {least} kills in each phase are wanted: {counts}");
    }
}

internal static class Killing
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits without a pause until the state is there, then kills; false where the process had ended by itself.</summary>
    public static async Task<bool> WhenAsync(Process process, Func<bool> isThere)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (!isThere())
        {
            if (process.HasExited)
            {
                return false;
            }

            if (waited.Elapsed > s_patience)
            {
                process.Kill();
                throw new TimeoutException($"the moment to kill did not come: {await process.StandardError.ReadToEndAsync()}");
            }
        }

        process.Kill();
        await process.WaitForExitAsync();
        return process.ExitCode == 128 + 9;
    }
}
