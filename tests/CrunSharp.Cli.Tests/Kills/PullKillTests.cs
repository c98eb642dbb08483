using System.Diagnostics;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.Kills;

/// <summary>A pull that is killed at any moment leaves a store that works, and the next pull goes on.</summary>
[Trait("uml", "no")] // Nothing here is another kernel's business, and fifty pulls are slow there.
public sealed class PullKillTests(TestImages images) : IAsyncDisposable
{
    private const int KillsOfAPhase = 13;

    // Of a layer nothing is kept before this much of it is here, the answer's head included.
    private const int FirstPiece = 68_000;

    private readonly Installation _own = new(images);
    private HoldingProxy? _proxy;
    private KilledImage? _image;

    private enum Phase
    {
        Manifest,
        Download,
        Unpack,
        Rename,
    }

    private HoldingProxy Proxy => _proxy!;

    private KilledImage Image => _image!;

    private string Name => $"{Proxy.Authority}/{KilledImage.Repository}:latest";

    private string Tag => $"{_own.Root}/tags/{Proxy.Authority}/{KilledImage.Repository}/:latest";

    public async ValueTask DisposeAsync()
    {
        await _own.DisposeAsync();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }
    }

    [Fact]
    public async Task Pull_KilledFiftyTimes_LeavesAStoreThatWorksAndTheNextGoesOn()
    {
        _image = await KilledImage.PushAsync(images);
        _proxy = new HoldingProxy(images.Registry.Port);
        SortedSet<string> without = StoreListing.Of(_own.Root);
        _own.Run("pull", "-q", Name).Succeeded();
        SortedSet<string> with = StoreListing.Of(_own.Root);
        _own.Run("rmi", Name).Succeeded();
        AssertEqual(without, StoreListing.Of(_own.Root));

        PhaseCount<Phase> kills = new();
        foreach (Phase phase in Enum.GetValues<Phase>())
        {
            for (int attempt = 0; attempt < 3 * KillsOfAPhase && kills[phase] < KillsOfAPhase; attempt++)
            {
                if (await KillAsync(phase, attempt))
                {
                    kills.Add(phase);
                }

                await CheckAsync(phase, attempt, with);
                _own.Run("rmi", Name).Succeeded();
                AssertEqual(without, StoreListing.Of(_own.Root));
            }
        }

        kills.AssertEach(10);
        Assert.True(kills.Total >= 50, $"{kills.Total} kills");
    }

    private async Task<bool> KillAsync(Phase phase, int attempt)
    {
        Task held = phase switch
        {
            // The manifest and the config, each from its first byte to its last.
            Phase.Manifest when attempt % 2 == 0 => Proxy.HoldAsync("/manifests/", Share(1, Image.Manifest.Length, attempt)),
            Phase.Manifest => Proxy.HoldAsync(Image.ConfigDigest, Share(1, Image.Config.Length, attempt)),
            Phase.Download => Proxy.HoldAsync(Image.Long.Digest, Share(FirstPiece, Image.Long.Packed.Length, attempt)),
            Phase.Unpack => Proxy.HoldAsync(Image.Many.Digest, Share(FirstPiece, Image.Many.Packed.Length, attempt)),
            _ => Task.CompletedTask,
        };
        using Process pull = Command.Start(
            new CommandOptions { Environment = _own.Environment }, Host.Published("crun-sharp"), "--root", _own.Root, "--runroot", _own.RunRoot, "pull", "-q", Name);

        // An end before the proxy stops is seen by WhenAsync; a stop is no matter of microseconds.
        await Task.WhenAny(held, pull.WaitForExitAsync());
        bool wasKilled = await Killing.WhenAsync(pull, () => IsIn(phase, attempt));
        bool isThere = wasKilled && Saw(phase);
        Proxy.Release();
        return isThere;
    }

    private static int Share(int least, int most, int attempt) => least + ((most - least) * (attempt % KillsOfAPhase) / KillsOfAPhase);

    /// <summary>Whether it is time to kill: the proxy has stopped, or a name has appeared.</summary>
    private bool IsIn(Phase phase, int attempt) => phase switch
    {
        Phase.Manifest => true,
        Phase.Download => Image.Long.Arrived(_own.Root) > 0,
        Phase.Unpack => Image.Many.Unpacked(_own.Root, "data") > attempt,
        _ => (attempt % 4) switch
        {
            0 => Image.Long.IsFinished(_own.Root),
            1 => Image.Many.IsFinished(_own.Root),
            2 => Image.All.All(layer => layer.IsInPlace(_own.Root)),
            _ => Directory.Exists(ImageDirectory),
        },
    };

    /// <summary>What the store says of the moment at which the pull died.</summary>
    private bool Saw(Phase phase) => !File.Exists(Tag) && phase switch
    {
        Phase.Manifest => !Directory.Exists(ImageDirectory) && Image.All.All(layer => layer.Arrived(_own.Root) == 0 && !layer.IsInPlace(_own.Root)),
        Phase.Download => Image.Long.Arrived(_own.Root) is > 0 and long arrived && arrived < Image.Long.Packed.Length && !Image.Long.IsFinished(_own.Root),
        Phase.Unpack => Image.Many.Unpacked(_own.Root, "data") is > 0 and < KilledImage.Files && !Image.Many.IsFinished(_own.Root),
        _ => Image.All.Any(layer => layer.IsFinished(_own.Root)) || Image.All.All(layer => layer.IsInPlace(_own.Root)),
    };

    private string ImageDirectory => $"{_own.Root}/images/{Image.ConfigDigest["sha256:".Length..]}";

    private async Task CheckAsync(Phase phase, int attempt, SortedSet<string> expected)
    {
        Assert.Contains("alpine", _own.Run("images").Succeeded().Output, StringComparison.Ordinal);
        if (attempt % 4 == 0)
        {
            Assert.Equal("works\n", _own.Run("run", "--rm", "--network", "none", "alpine", "echo", "works").Succeeded().Output);
        }

        long arrived = Image.Long.Arrived(_own.Root);
        Assert.Equal($"{Name}\n", _own.Run("pull", "-q", Name).Succeeded().Output);
        AssertEqual(expected, StoreListing.Of(_own.Root));
        if (phase == Phase.Download && arrived > 0)
        {
            // From where the dead one had come to, not from the start.
            Assert.Contains(Proxy.Requests, head => head.Contains(Image.Long.Digest, StringComparison.Ordinal)
                && head.Contains($"Range: bytes={arrived}-", StringComparison.OrdinalIgnoreCase));
        }

        Proxy.Release();
        await Task.CompletedTask;
    }

    private static void AssertEqual(SortedSet<string> expected, SortedSet<string> actual) =>
        Assert.True(expected.SetEquals(actual), string.Join('\n', expected.Except(actual).Select(static entry => $"- {entry}").Concat(actual.Except(expected).Select(static entry => $"+ {entry}")).Take(20)));
}
