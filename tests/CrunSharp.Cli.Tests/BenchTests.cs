using System.Text.Json;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>bench as a user starts it, on this host: what it finds has to be there.</summary>
[Trait("uml", "no")] // Two minutes there, and the anatomy of a second user-mode-linux inside the first was not drawn.
public sealed class BenchTests(TestImages images) : IAsyncDisposable
{
    private const double InjectedMs = 250;

    private readonly Installation _own = new(images);

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Start_WithADelayInjectedIntoOneRuntime_FindsItThereAndAsLongAsItIs(int seed)
    {
        Host.Requires(Host.Root);
        // A runtime that is ours but for its sleep, under a name that bench looks for.
        string delayed = $"{_own.Scratch.Make("bin")}/youki";
        File.WriteAllText(delayed, $"""
            #!/bin/sh
            [ "$1" = --version ] || case " $* " in *" run "*) sleep {InjectedMs / 1000} ;; esac
            exec {Host.Published("crun-sharp-oci")} "$@"
            """);
        File.SetUnixFileMode(delayed, (UnixFileMode)0b111_101_101);
        _own.Environment["PATH"] = $"{Path.GetDirectoryName(delayed)}:{Environment.GetEnvironmentVariable("PATH")}";
        JsonElement result = await BenchAsync("start", "--only", "host,crun-sharp-oci,youki", "--rounds", "9", "--seed", $"{seed}", "--condition", "back-to-back");
        double process = Median(result, "host process");
        double plain = Median(result, "crun-sharp-oci");
        double slow = Median(result, "youki");
        Assert.True(process < plain && plain < slow, $"{process} < {plain} < {slow}");

        // A shell and a sleep are started too; on a busy machine that is some of the time.
        Assert.InRange(slow - plain, InjectedMs, 2 * InjectedMs);
    }

    [Fact]
    public async Task All_OfAMachineAndAContainer_WritesAReportThatABrowserDraws()
    {
        Host.Requires(Host.Root, Host.Command("linux.uml", "user-mode-linux"), Host.Command("chromium"));
        string directory = _own.Scratch["report"];
        await BenchAsync("all", "--only", "host,crun-sharp,user-mode-linux", "--rounds", "3", "--slow-rounds", "2", "--instances", "3", "--output", directory);
        string page = File.ReadAllText($"{directory}/report.html");
        Assert.Contains("as processes of the host", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http-equiv", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script src", page, StringComparison.Ordinal);
        foreach (string plot in (ReadOnlySpan<string>)["start-back-to-back", "distribution-spaced", "memory", "density", "disk", "exec", "syscalls", "anatomy-user-mode-linux", "anatomy-crun-sharp"])
        {
            Assert.True(File.Exists($"{directory}/plots/{plot}.svg"), plot);
        }

        foreach (string size in (ReadOnlySpan<string>)["390,2400", "1200,2400"])
        {
            Draw($"file://{directory}/report.html", $"{directory}/{size}.png", size);

            // An empty page of this size compresses to a few KiB.
            Assert.True(new FileInfo($"{directory}/{size}.png").Length > 40_000, size);
        }
    }

    private void Draw(string page, string picture, string size) => Command.Run(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", $"--user-data-dir={_own.Scratch.Make($"profile-{size}")}", $"--window-size={size}", $"--screenshot={picture}", page).Succeeded();

    private async Task<JsonElement> BenchAsync(params string[] arguments)
    {
        CommandResult result = await Command.RunAsync(
            new CommandOptions { Environment = _own.Environment, Limit = TimeSpan.FromMinutes(5) },
            Host.Published("crun-sharp"),
            ["--root", _own.Root, "--runroot", _own.RunRoot, "bench", arguments[0], "--json", .. arguments[1..], "alpine"]);
        return JsonDocument.Parse(result.Succeeded().Output).RootElement;
    }

    private static double Median(JsonElement result, string contestant)
    {
        double[] times = [.. result.GetProperty("start").EnumerateArray().First(series => series.GetProperty("contestant").GetString() == contestant)
            .GetProperty("firstByte").EnumerateArray().Select(static time => time.GetDouble()).Order()];
        return times[times.Length / 2];
    }
}
