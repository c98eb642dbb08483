using System.Diagnostics;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.Kills;

/// <summary>A run that is killed at any moment: ps says what is, and the next run, or rm, leaves nothing of it.</summary>
[Collection(nameof(Alone))]
[Trait("uml", "no")] // The launch itself is killed there by LifeTests; sixty of them are slow there.
public sealed class RunKillTests(TestImages images) : IAsyncDisposable
{
    private const int KillsOfAPhase = 10;

    // No hexadecimal digit begins it: a name that is not there (yet) would be taken for the beginning of another one's id.
    private const string Victim = "victim";
    private readonly Installation _own = new(images);
    private HoldingProxy? _proxy;
    private KilledImage? _image;

    private enum Phase
    {
        Pulling,
        Preparing,

        /// <summary>Its first process exists, and the record does not know it yet.</summary>
        Launched,
        Running,
        CleaningUp,
    }

    private HoldingProxy Proxy => _proxy!;

    private string Name => $"{Proxy.Authority}/{KilledImage.Repository}:latest";

    /// <summary>Where the victim is, or will be; null before it has its name.</summary>
    private string? Container => new FileInfo($"{_own.Root}/names/{Victim}").LinkTarget is { } target ? $"{_own.Root}/containers/{Path.GetFileName(target)}" : null;

    private string? Runtime => Container is { } container ? $"{_own.RunRoot}/runtime/{Path.GetFileName(container)}" : null;

    public async ValueTask DisposeAsync()
    {
        await _own.DisposeAsync();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    [Fact]
    public async Task Run_KilledInEveryPhase_IsShownAsItIsAndClearedWithoutHarmToOthers()
    {
        _image = await KilledImage.PushAsync(images);
        _proxy = new HoldingProxy(images.Registry.Port);
        _own.Run("run", "--rm", "--network", "none", Name, "true").Succeeded();

        // These two stay, whatever becomes of the others.
        _own.Run("run", "--network", "none", "--name", "kept", "alpine", "sh", "-c", "echo precious > /file").Succeeded();
        string written = $"{_own.Root}/containers/{_own.Inspect("kept")!.Value.GetProperty("Id").GetString()}/scratch/upper/file";
        using Process alive = await _own.StartAsync("alive", "--rm", "--network", "none", "alpine", "sleep", "1000");

        PhaseCount<Phase> kills = new();
        foreach (Phase phase in Enum.GetValues<Phase>())
        {
            for (int attempt = 0; attempt < 8 * KillsOfAPhase && kills[phase] < KillsOfAPhase; attempt++)
            {
                HostSnapshot before = _own.Snapshot();
                if (await KillAsync(phase, attempt))
                {
                    kills.Add(phase);
                }

                CheckAndClear(phase, isToGo: IsToGo(attempt));
                await before.AssertUnchangedAsync();
                Assert.Equal("precious\n", File.ReadAllText(written));
                Assert.False(alive.HasExited);
                Assert.Equal("running", _own.StateOf("alive"));
            }
        }

        _own.Run("rm", "-f", "alive").Succeeded();
        kills.AssertEach(KillsOfAPhase);
    }

    // Half of them with --rm; where the record is synced, as without it, the moment before it is longer.
    private static bool IsToGo(int attempt) => attempt % 2 == 0;

    private async Task<bool> KillAsync(Phase phase, int attempt)
    {
        string[] keep = IsToGo(attempt) ? ["--rm"] : [];
        string network = attempt % 3 == 1 && Host.Tun.Missing() is null && Host.NetworkHelper.Missing() is null ? "private" : "none";
        string[] command = phase == Phase.Running ? ["sleep", "1000"] : ["true"];
        string[] pull = phase == Phase.Pulling ? ["--pull", "always"] : [];
        Task held = phase == Phase.Pulling ? HoldPull(attempt) : Task.CompletedTask;
        using Process run = Command.Start(
            new CommandOptions { Environment = _own.Environment },
            Host.Published("crun-sharp"),
            ["--root", _own.Root, "--runroot", _own.RunRoot, "run", "--name", Victim, "--network", network, .. keep, .. pull, Name, .. command]);
        await Task.WhenAny(held, run.WaitForExitAsync());
        bool wasKilled = await Killing.WhenAsync(run, () => IsIn(phase));
        Proxy.Release();
        return wasKilled && Saw(phase, IsToGo(attempt));
    }

    private Task HoldPull(int attempt)
    {
        if (attempt % 2 == 0)
        {
            return Proxy.HoldAsync("/manifests/", 1 + (attempt * 50));
        }

        _own.Run("rmi", Name).Succeeded();
        return Proxy.HoldAsync(_image!.Many.Digest, 70_000 + (attempt * 10_000));
    }

    private bool IsIn(Phase phase) => phase switch
    {
        Phase.Pulling => true,
        Phase.Preparing => Container is { } container && Directory.Exists($"{container}/volumes/0"),
        Phase.Launched => Runtime is { } runtime && File.Exists($"{runtime}/state.json"),
        Phase.Running => Record().Contains("\"started\"", StringComparison.Ordinal) && StateIs("running"),
        _ => Container is { } container && File.Exists($"{container}/exit"),
    };

    /// <summary>What the files say of the moment at which the run died.</summary>
    private bool Saw(Phase phase, bool isToGo) => phase switch
    {
        Phase.Pulling => Container is null,
        Phase.Preparing => Record() is { Length: > 0 } record && !record.Contains("\"process\"", StringComparison.Ordinal) && !Directory.Exists(Runtime),
        Phase.Launched => Record() is { Length: > 0 } record && !record.Contains("\"process\"", StringComparison.Ordinal) && File.Exists($"{Runtime}/state.json"),
        Phase.Running => true,
        _ => isToGo ? Container is not null : Directory.Exists(Runtime),
    };

    private string Record()
    {
        try
        {
            return Container is { } container ? File.ReadAllText($"{container}/record.json") : "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    private bool StateIs(string? state) => _own.StateOf(Victim) == state;

    private void CheckAndClear(Phase phase, bool isToGo)
    {
        if (phase == Phase.Running)
        {
            // It runs on, for ps and in truth, and the next run does it no harm.
            int pid = _own.PidOf(Victim);
            Assert.Contains(" Up ", _own.Run("ps").Output.Split('\n').Single(static line => line.EndsWith($" {Victim}", StringComparison.Ordinal)), StringComparison.Ordinal);
            RunTheNext();
            Assert.True(StateIs("running"));
            Assert.True(Directory.Exists($"/proc/{pid}"));
            _own.Run("rm", "-f", Victim).Succeeded();
            return;
        }

        // The stage ends when it sees that its launcher is gone; until then it is there, and ps says so.
        Assert.True(SpinWait.SpinUntil(() => !StateIs("running"), TimeSpan.FromSeconds(5)), $"{phase}: ps says that it runs: {Record()}");
        string? state = _own.StateOf(Victim);
        if (isToGo || state is null)
        {
            // As long as the last of its processes is on its way out, the next run leaves it to the one after.
            Assert.True(
                SpinWait.SpinUntil(
                    () =>
                    {
                        RunTheNext();
                        return StateIs(null);
                    },
                    TimeSpan.FromSeconds(5)),
                $"{phase}: it was {state}, and no later run clears it: {Record()}");
        }
        else
        {
            RunTheNext();
            Assert.True(StateIs(state), $"{phase}: it was {state}");
            _own.Run("rm", Victim).Succeeded();
        }
    }

    private void RunTheNext() => _own.Run("run", "--rm", "--network", "none", Name, "true").Succeeded();
}
