using System.Diagnostics;

namespace CrunSharp.Runtime;

/// <summary>Who was busy.</summary>
public enum TraceTrack
{
    /// <summary>The process itself, before its verb.</summary>
    Start,

    /// <summary>Images, names, files: above the runtime.</summary>
    Engine,

    /// <summary>From config.json to the clone, and what the launcher does beside the stage.</summary>
    Runtime,

    /// <summary>The child, step by step.</summary>
    Stage,
}

/// <param name="Start">Nanoseconds of CLOCK_MONOTONIC, as <paramref name="End"/>.</param>
/// <param name="Origin">Where the user asked for it; empty: nobody did.</param>
public readonly record struct TraceSpan(TraceTrack Track, string Name, long Start, long End, string Origin = "")
{
    public long Duration => End - Start;
}

/// <summary>When each part of one launch began and ended. Its absence is a null, which every method here takes.</summary>
public sealed class LaunchTrace
{
    internal const string Clone = "clone";

    private readonly List<TraceSpan> _spans = new(128);

    public long Begin { get; } = Now;

    /// <summary>In the order in which they ended.</summary>
    public IReadOnlyList<TraceSpan> Spans => _spans;

    /// <summary>CLOCK_MONOTONIC in nanoseconds: on Linux what Stopwatch counts, and what the stage notes.</summary>
    public static long Now => Stopwatch.GetTimestamp();

    public void Add(TraceSpan span) => _spans.Add(span);

    internal void AddSteps(LaunchPlan plan, ReadOnlySpan<ulong> times, long executed)
    {
        if (times.Length == 0 || times[0] == 0)
        {
            return;
        }

        long start = (long)times[0];
        long cloned = _spans.FindLast(static span => span.Name == Clone).Start;
        _spans.Add(new TraceSpan(TraceTrack.Stage, "execute the stage itself", cloned, start));
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            // Whoever executes another program notes no end: the launcher sees it by the socket that closes.
            long end = times[i + 1] != 0 ? (long)times[i + 1] : executed;
            _spans.Add(new TraceSpan(TraceTrack.Stage, PlanText.Sentence(plan.Steps[i]), start, end, plan.Steps[i].Origin));
            if (times[i + 1] == 0)
            {
                return;
            }

            start = end;
        }
    }
}

/// <summary>A part of a launch that is under way; disposing ends it.</summary>
public readonly struct TracePhase : IDisposable
{
    private readonly LaunchTrace? _trace;
    private readonly TraceTrack _track;
    private readonly string _name;
    private readonly long _start;

    internal TracePhase(LaunchTrace trace, TraceTrack track, string name)
    {
        _trace = trace;
        _track = track;
        _name = name;
        _start = LaunchTrace.Now;
    }

    public void Dispose() => _trace?.Add(new TraceSpan(_track, _name, _start, LaunchTrace.Now));
}

public static class TracePhases
{
    /// <summary>Begins a part; without a trace nothing is noted, not even the time.</summary>
    public static TracePhase Phase(this LaunchTrace? trace, TraceTrack track, string name) =>
        trace is null ? default : new TracePhase(trace, track, name);
}
