using System.Text.Json;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.Explain;

[Collection(nameof(Alone))]
public sealed class TraceTests
{
    [Fact]
    public async Task Trace_Json_HasEveryStepOfThePlanOnceAndInOrder()
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestRegistry.Installed);
        await using TestEngine engine = await TestEngine.StartAsync("busybox");
        (await engine.RunAsync("pull", "-q", "busybox")).Succeeded();
        string file = Path.Combine(engine.Shared, "trace.json");
        CommandResult run = (await engine.RunAsync("run", "--rm", "--network", "none", $"--trace={file}", "busybox", "echo", "hello")).Succeeded();
        Assert.Equal("hello\n", run.Output);

        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        JsonElement[] spans = [.. document.RootElement.GetProperty("traceEvents").EnumerateArray().Where(static item => item.GetProperty("ph").GetString() == "X")];
        JsonElement[] steps = [.. spans.Where(static span => span.GetProperty("cat").GetString() == "stage")];
        Assert.Equal(steps.OrderBy(static span => span.GetProperty("ts").GetDouble()), steps);
        Assert.All(spans, static span => Assert.InRange(span.GetProperty("dur").GetDouble(), 0, 60_000_000));
        Assert.Equal("execute echo hello", steps[^1].GetProperty("name").GetString());
        Assert.Contains(spans, static span => span.GetProperty("name").GetString() == "plan");

        // The steps of the list, but for what differs from one container to the next: an id.
        CommandResult plan = (await engine.RunAsync("run", "--dry-run", "--network", "none", "busybox", "echo", "hello")).Succeeded();
        int planned = plan.Output.Split('\n').Count(static line => line.Length > 3 && char.IsAsciiDigit(line[2])) - 1;

        // Clone is the list's first line; the timeline's is the execution of the stage. Waiting for the engine is a step of a real run only.
        Assert.InRange(steps.Length - 1, planned, planned + 1);
    }

    [Theory]
    [InlineData("", "execute true")]
    [InlineData("=DIR/trace.html", "execute true")]
    [InlineData("=DIR/trace.txt", "execute true")]
    public async Task Trace_EachForm_NamesTheSteps(string value, string step)
    {
        Host.Requires(Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestRegistry.Installed);
        await using TestEngine engine = await TestEngine.StartAsync("busybox");
        (await engine.RunAsync("pull", "-q", "busybox")).Succeeded();
        string file = value.Replace("=DIR", engine.Shared, StringComparison.Ordinal);
        CommandResult run = (await engine.RunAsync("run", "--rm", "--network", "none", $"--trace{(value.Length == 0 ? "" : $"={file}")}", "busybox", "true")).Succeeded();
        Assert.Contains(step, value.Length == 0 ? run.Error : await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trace_UnknownEnding_IsRefusedBeforeTheLaunch()
    {
        Host.Requires(Host.Root, Host.PublishedBinaries, Host.Images, TestRegistry.Installed);
        await using TestEngine engine = await TestEngine.StartAsync();
        CommandResult run = await engine.RunAsync("run", "--rm", "--pull", "never", "--trace=/tmp/x.pdf", "busybox", "true");
        Assert.Equal(125, run.ExitCode);
        Assert.Contains("there is no form for '.pdf'", run.Error, StringComparison.Ordinal);
    }
}
