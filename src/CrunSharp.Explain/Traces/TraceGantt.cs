using System.Globalization;
using System.Text;
using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>A timeline as lines of a terminal: begin, duration, a bar, and what was done.</summary>
public static class TraceGantt
{
    private const int NarrowestBar = 10;
    private const int WidestBar = 48;

    /// <param name="width">Columns of the terminal.</param>
    public static string Draw(LaunchTrace trace, int width)
    {
        List<TraceSpan> spans = [.. trace.Spans.OrderBy(static span => span.Track).ThenBy(static span => span.Start)];
        if (spans.Count == 0)
        {
            return "";
        }

        long begin = spans.Min(static span => span.Start);
        long whole = Math.Max(spans.Max(static span => span.End) - begin, 1);
        int bar = Math.Clamp(width / 3, NarrowestBar, WidestBar);
        int name = Math.Max(width - bar - 24, 16);
        StringBuilder text = new();
        TraceTrack? track = null;
        foreach (TraceSpan span in spans)
        {
            if (track != span.Track)
            {
                track = span.Track;
                text.Append(CultureInfo.InvariantCulture, $"{TitleOf(span.Track)}\n");
            }

            string words = span.Name.Length > name ? $"{span.Name.AsSpan(0, name - 1)}…" : span.Name;
            text.Append(CultureInfo.InvariantCulture, $"{Micro(span.Start - begin),9} {Micro(span.Duration),9}  {BarOf(span, begin, whole, bar)}  {words}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"{Micro(whole)} µs from the first to the last; columns: begin and duration in µs\n").ToString();
    }

    internal static string TitleOf(TraceTrack track) => track switch
    {
        TraceTrack.Start => "start: the process itself; its first span is a least time, as the kernel keeps births to 10 ms only",
        TraceTrack.Engine => "engine",
        TraceTrack.Runtime => "runtime: from config.json to the clone, then beside the stage",
        _ => "stage: the child, step by step",
    };

    internal static string Micro(long nanoseconds) => (nanoseconds / 1000.0).ToString("0.0", CultureInfo.InvariantCulture);

    private static string BarOf(TraceSpan span, long begin, long whole, int width)
    {
        int from = (int)((span.Start - begin) * width / whole);
        int to = (int)((span.End - begin) * width / whole);
        from = Math.Min(from, width - 1);
        to = Math.Clamp(to, from + 1, width);
        return string.Concat(new string(' ', from), new string(span.Duration * 50 > whole ? '█' : '▏', to - from), new string(' ', width - to));
    }
}
