using System.Text.Json;
using CrunSharp.Runtime;
using Xunit;

namespace CrunSharp.Explain.Tests;

public sealed class TraceTests
{
    [Fact]
    public void Gantt_SpansOfThreeTracks_StandInTheirOrderWithBeginAndDuration()
    {
        string[] lines = TraceGantt.Draw(Sample(), width: 100).Split('\n');
        Assert.Equal("engine", lines[0]);
        Assert.Matches(@"^ +0\.0 +1\.5 .* find <the> image$", lines[1]);
        Assert.StartsWith("stage", lines[4], StringComparison.Ordinal);
        Assert.Matches(@"^ +3\.0 +2\.0 .* mount proc at /proc$", lines[5]);
        Assert.StartsWith("5.0 µs", lines[6], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(80)]
    [InlineData(400)]
    public void Gantt_AnyWidth_NoBarIsLongerThanItsColumn(int width)
    {
        string[] lines = [.. TraceGantt.Draw(Sample(), width).Split('\n').Where(static line => line.StartsWith(' '))];
        Assert.Equal(3, lines.Length);
        Assert.All(lines, static line => Assert.InRange(line.Count(static letter => letter is '█' or '▏'), 1, 48));
    }

    [Fact]
    public void Json_Spans_AreCompleteEventsInMicroseconds()
    {
        using JsonDocument document = JsonDocument.Parse(TraceJson.Write(Sample()));
        JsonElement[] spans = [.. document.RootElement.GetProperty("traceEvents").EnumerateArray().Where(static item => item.GetProperty("ph").GetString() == "X")];
        Assert.Equal(3, spans.Length);
        Assert.Equal(4.0, spans[2].GetProperty("ts").GetDouble());
        Assert.Equal(2.0, spans[2].GetProperty("dur").GetDouble());
        Assert.Equal("mounts[0] of config.json", spans[2].GetProperty("args").GetProperty("origin").GetString());
    }

    [Fact]
    public void Html_NamesWithMarkup_AreText()
    {
        string page = TraceHtml.Write(Sample());
        Assert.Contains("find &lt;the&gt; image", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<the>", page, StringComparison.Ordinal);
        Assert.Contains("left:60%;width:40%", page, StringComparison.Ordinal);
    }

    private static LaunchTrace Sample()
    {
        LaunchTrace trace = new();
        trace.Add(new TraceSpan(TraceTrack.Engine, "find <the> image", 1000, 2500));
        trace.Add(new TraceSpan(TraceTrack.Runtime, "plan", 2500, 4000));
        trace.Add(new TraceSpan(TraceTrack.Stage, "mount proc at /proc", 4000, 6000, "mounts[0] of config.json"));
        return trace;
    }
}
