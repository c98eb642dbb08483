using CrunSharp.Linux;
using CrunSharp.Runtime;

namespace CrunSharp.Cli;

/// <summary>What this process did before its verb: the beginning of a timeline.</summary>
internal static class Startup
{
    private static long s_managed;

    /// <summary>Called on the first managed line.</summary>
    public static void Note() => s_managed = LaunchTrace.Now;

    public static void AddTo(LaunchTrace trace)
    {
        if (ProcessBirth.TryGet() is { } birth)
        {
            trace.Add(new TraceSpan(TraceTrack.Start, "exec and loader: processor time", birth.Main - birth.ProcessorBeforeMain, birth.Main));
            trace.Add(new TraceSpan(TraceTrack.Start, "join the user's namespace, where there is one", birth.Main, birth.Runtime));
            trace.Add(new TraceSpan(TraceTrack.Start, "the .NET runtime", birth.Runtime, s_managed));
        }

        trace.Add(new TraceSpan(TraceTrack.Start, "read the command line", s_managed, trace.Begin));
    }
}
