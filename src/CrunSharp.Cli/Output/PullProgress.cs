using CrunSharp.Cli.Commands;
using CrunSharp.Engine;
using CrunSharp.Images;
using CrunSharp.Oci;
using CrunSharp.Registry;

namespace CrunSharp.Cli.Output;

/// <summary>How a pull is told: bars on a terminal, a line per event elsewhere, always on the error output.</summary>
internal abstract class PullProgress : IPullObserver, IDisposable
{
    /// <summary>Null where the user wants to hear nothing.</summary>
    public static PullProgress? Create(bool quiet) =>
        quiet ? null : CrunSharp.Linux.Terminal.Is(2) ? new PullBars() : new PullLines();

    public void Missing(Reference reference) =>
        Console.Error.WriteLine($"Unable to find image '{Names.Familiar(reference)}' locally");

    public virtual void Resolved(ResolvedImage image) =>
        Console.Error.WriteLine($"{image.Reference.Tag ?? image.Reference.Digest?.ToString()}: Pulling from {image.Endpoint}");

    public abstract void Report(LayerProgress value);

    /// <summary>Takes the drawing off the terminal; nothing is told afterwards.</summary>
    public void Dispose() => End();

    protected virtual void End()
    {
    }

    protected static string Short(Digest layer) => layer.Hex[..12];
}

/// <summary>For logs and pipes: one line when a layer begins a phase, none in between.</summary>
internal sealed class PullLines : PullProgress
{
    private readonly Dictionary<Digest, LayerPhase> _last = [];

    public override void Report(LayerProgress value)
    {
        lock (_last)
        {
            if (_last.TryGetValue(value.Layer, out LayerPhase phase) && phase == value.Phase)
            {
                return;
            }

            _last[value.Layer] = value.Phase;
            Console.Error.WriteLine($"{Short(value.Layer)}: {PullPhases.Name(value)}");
        }
    }
}
