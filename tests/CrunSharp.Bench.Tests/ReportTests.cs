using CrunSharp.Bench;
using Xunit;

namespace CrunSharp.BenchTests;

public sealed class ReportTests
{
    private const string Caveat = "software emulation";

    private static readonly BenchResult s_result = new()
    {
        When = DateTimeOffset.UnixEpoch,
        Host = new HostResult { Kernel = "6.1", Processor = "p", Cores = 2, MemoryMiB = 1, System = "s", Cgroups = "version 2", User = "root", Kvm = "KVM: not here" },
        Settings = new SettingsResult { Image = "i", ImageId = "id", ImageBytes = 1, Program = ["true"], MemoryMiB = 512, Seed = 1, Command = "c", Version = "v" },
        Contestants = [new("vm", ContestantGroup.Machine, "1", "w", Caveat), new("runtime", ContestantGroup.Runtime, "1", "w", null)],
        Start = [new("vm", "back to back", [9, 10, 11], [12, 12, 12]), new("runtime", "back to back", [1, 1, 1], [1, 1, 1])],
        Exec = [new("vm", "back to back", [9], [9])],
        Memory = [new("vm", [new("p", 2048)])],
        Density = [new("vm", [1, 2], [10, 20], "as many as asked for")],
        Disk = [new("vm", 1 << 20, 1 << 20, 0)],
        Work = [new("vm", [100], [2])],
        Anatomy = [new("vm", [new("kernel", 0, 5)])],
    };

    public static TheoryData<string> Sections => [.. ReportSections.Of(s_result).Select(static section => section.Title)];

    [Theory]
    [MemberData(nameof(Sections))]
    public void Section_WithAnEmulatedMachine_SaysSoInItsTableAndInEachPlot(string title)
    {
        ReportSection section = ReportSections.Of(s_result).Single(section => section.Title == title);
        Assert.Contains($"vm ({Caveat})", string.Join('\n', [section.Title, .. section.Rows.Select(static row => row[0])]), StringComparison.Ordinal);
        Assert.All(section.Plots, static plot =>
        {
            Assert.Contains($"*: {Caveat}", plot.Svg(isNarrow: false), StringComparison.Ordinal);
            Assert.Contains($"*: {Caveat}", plot.Svg(isNarrow: true), StringComparison.Ordinal);
            Assert.Contains(plot.Title, plot.Svg(isNarrow: false, isAlone: true), StringComparison.Ordinal);

            // The library draws what it throws.
            Assert.DoesNotContain("exception", plot.Svg(isNarrow: false), StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public void Section_OfStartsThatAreNotStable_NamesThem()
    {
        Assert.Contains("within 3 % of their medians: vm, runtime.", ReportSections.Of(s_result).First().Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Published_EachFigure_HasASourceOrSaysThatThereIsNone() =>
        Assert.All([.. Published.Starts, .. Published.Memory], static figure =>
            Assert.True(figure.Source == Published.Unsourced || figure.Source.Contains('/', StringComparison.Ordinal), figure.Source));

    [Fact]
    public void Report_OfAResultThatWasReadAgain_IsTheSame() =>
        Assert.Equal(HtmlReport.Write(s_result), HtmlReport.Write(BenchResult.FromJson(s_result.ToJson())));
}
