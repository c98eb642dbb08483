using CrunSharp.Images;

namespace CrunSharp.Cli.Output;

internal static class PullPhases
{
    /// <summary>In docker's words where it has them.</summary>
    public static string Name(LayerProgress progress) => progress.Phase switch
    {
        LayerPhase.Waiting => "Waiting",
        LayerPhase.Unpacking => $"Downloading ({Human.Size(progress.Total)})",
        LayerPhase.Complete => "Pull complete",
        LayerPhase.Present => "Already exists",
        _ => progress.Phase.ToString(),
    };
}
