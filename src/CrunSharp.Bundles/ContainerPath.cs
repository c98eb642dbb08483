namespace CrunSharp.Bundles;

/// <summary>Paths in the container, as names: what they lead to is found when they are used.</summary>
internal static class ContainerPath
{
    /// <summary>Absolute, without dots and doubled slashes, and never above the root.</summary>
    public static string Normalize(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Join("/", path)));
}
