using System.Diagnostics;
using Xunit;

namespace CrunSharp.Linux.Tests;

/// <summary>A program that writes its arguments to the descriptor that the second one names, and ends with 7.</summary>
internal static class Teller
{
    private static readonly Lazy<string?> s_path = new(Compile);

    public static string Path
    {
        get
        {
            Assert.SkipWhen(s_path.Value is null, "needs a C compiler: apt-get install gcc");
            return s_path.Value;
        }
    }

    private static string? Compile()
    {
        string directory = Directory.CreateTempSubdirectory("crun-sharp-teller-").FullName;
        string source = System.IO.Path.Combine(directory, "teller.c");
        string program = System.IO.Path.Combine(directory, "teller");
        File.WriteAllText(source, "#include <stdio.h>\n#include <stdlib.h>\nint main(int c, char **v) { dprintf(atoi(v[c - 1]), \"%s %s\\n\", v[0], v[c - 1]); return 7; }\n");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        try
        {
            using Process compiler = Process.Start("cc", ["-o", program, source]);
            compiler.WaitForExit();
            return compiler.ExitCode == 0 ? program : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
