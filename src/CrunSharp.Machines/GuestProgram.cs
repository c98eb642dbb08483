using System.Reflection;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Machines;

/// <summary>Our own small program: first process of a machine, ladder of kernel features, probe. See native/guest.</summary>
public static class GuestProgram
{
    /// <summary>Where it lies in a guest's tree.</summary>
    public const string PathInside = $"{Directory}/guest";

    internal const string Directory = "/.crun-sharp";
    private const uint Executable = 0b111_101_101;

    /// <summary>Writes the program to a file and makes it executable for everybody.</summary>
    public static void WriteTo(string path)
    {
        using Stream program = typeof(GuestProgram).Assembly.GetManifestResourceStream("crun-sharp-guest")
            ?? throw new CrunException("cannot find the guest's program", "this build of crun-sharp does not carry it");
        byte[] bytes = new byte[program.Length];
        program.ReadExactly(bytes);
        HostPaths.Replace(path, bytes, Executable, sync: false);
        File.SetUnixFileMode(path, (UnixFileMode)Executable);
    }
}
