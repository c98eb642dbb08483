using CrunSharp.Oci;

namespace CrunSharp.Cli.Commands;

/// <summary>Image names as people write them.</summary>
internal static class Names
{
    private const string Hub = "docker.io/";
    private const string Official = "docker.io/library/";

    /// <summary>Without what goes without saying: <c>alpine:latest</c>.</summary>
    public static string Familiar(Reference reference) => Shorten(reference.ToString());

    /// <summary>The same without tag and digest.</summary>
    public static string Repository(Reference reference) => Shorten($"{reference.Registry}/{reference.Repository}");

    private static string Shorten(string name) =>
        name.StartsWith(Official, StringComparison.Ordinal) ? name[Official.Length..]
        : name.StartsWith(Hub, StringComparison.Ordinal) ? name[Hub.Length..]
        : name;
}
