using System.Diagnostics;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>A bench that is ended before its time, in whatever it is just doing, and what is on the host afterwards.</summary>
[Collection(nameof(Alone))]
[Trait("uml", "no")] // Its contestants are the host's.
public sealed class BenchLeftoverTests(TestImages images) : IAsyncDisposable
{
    // Without a daemon of the host's; everybody here leaves something when nobody clears up.
    private const string Contestants = "host,+ overlay root,+ seccomp,crun-sharp,crun-sharp-oci,runc,podman,containerd,user-mode-linux";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly Installation _own = new(images);

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Theory]
    [InlineData("TERM", 143, "start", "back to back")]
    [InlineData("INT", 130, "density", "density: + seccomp")]
    [InlineData("HUP", 129, "exec", "exec: a further")]
    public async Task Bench_ThatIsAskedToEnd_ClearsUpAndSaysBySignal(string signal, int code, string part, string moment)
    {
        Host.Requires(Host.Root);
        HostSnapshot before = Take();
        using Process bench = await StartAsync(part, moment);
        Command.Run("kill", $"-{signal}", $"{bench.Id}").Succeeded();
        await EndAsync(bench);
        Assert.Equal(code, bench.ExitCode);
        await before.AssertUnchangedAsync();
        Assert.Empty(Directory.GetDirectories(Temporary));
    }

    [Theory]
    [InlineData("start", "back to back")]
    [InlineData("density", "density: crun-sharp-oci")]
    public async Task Bench_ThatIsKilled_IsClearedByTheNext(string part, string moment)
    {
        Host.Requires(Host.Root);
        HostSnapshot before = Take();
        using Process bench = await StartAsync(part, moment);
        bench.Kill();
        await EndAsync(bench);
        Assert.NotEmpty(Directory.GetDirectories(Temporary));
        CommandResult next = await Command.RunAsync(Options(), Host.Published("crun-sharp"), Words("start", "--only", "host", "--rounds", "1"));
        Assert.Contains("clearing what a bench that was killed has left", next.Succeeded().Error, StringComparison.Ordinal);
        await before.AssertUnchangedAsync();
        Assert.Empty(Directory.GetDirectories(Temporary));
    }

    private string Temporary => _own.Scratch["temporary"];

    private HostSnapshot Take()
    {
        Directory.CreateDirectory(Temporary);
        return HostSnapshot.Take(Temporary, _own.Root, _own.RunRoot);
    }

    private CommandOptions Options() =>
        new() { Environment = new Dictionary<string, string?>(_own.Environment) { ["TMPDIR"] = Temporary }, Limit = s_patience };

    private string[] Words(string part, params string[] options) => ["--root", _own.Root, "--runroot", _own.RunRoot, "bench", part, .. options, "alpine"];

    // Goes on until the bench says that it has come to the moment.
    private async Task<Process> StartAsync(string part, string moment)
    {
        Process bench = Command.Start(Options(), Host.Published("crun-sharp"), Words(part, "--only", Contestants, "--rounds", "1000", "--instances", "20"));
        using CancellationTokenSource limit = new(s_patience);
        while (await bench.StandardError.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith(moment, StringComparison.Ordinal))
            {
                // So that some of it is under way.
                await Task.Delay(TimeSpan.FromMilliseconds(700), TestContext.Current.CancellationToken);
                return bench;
            }
        }

        throw new InvalidOperationException($"the bench ended before '{moment}'");
    }

    private static async Task EndAsync(Process bench)
    {
        using CancellationTokenSource limit = new(s_patience);
        await Task.WhenAll(bench.StandardError.ReadToEndAsync(limit.Token), bench.StandardOutput.ReadToEndAsync(limit.Token), bench.WaitForExitAsync(limit.Token));
    }
}
