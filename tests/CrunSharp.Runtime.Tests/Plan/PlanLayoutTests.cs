using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class PlanLayoutTests
{
    [Fact]
    public void PlanLayout_SizesOffsetsAndNumbers_AreThoseOfTheCompiler()
    {
        string? header = FindHeader();
        Assert.SkipWhen(header is null, "native/include/plan.h is not beside this test: run it in a clone");
        StringBuilder program = new();
        program.Append(System.Globalization.CultureInfo.InvariantCulture, $"#include <stdio.h>\n#include <stddef.h>\n#include \"{header}\"\nint main(void) {{\n");
        Dictionary<string, long> expected = [];
        foreach ((string expression, long value) in Numbers())
        {
            expected.Add(expression, value);
            program.Append(System.Globalization.CultureInfo.InvariantCulture, $"printf(\"%s %lld\\n\", \"{expression}\", (long long)({expression}));\n");
        }

        program.Append("return 0; }\n");
        Dictionary<string, long> told = CompileAndRun(program.ToString());
        Assert.Equal(expected, told);
    }

    private static IEnumerable<(string Expression, long Value)> Numbers()
    {
        yield return ("sizeof(struct plan_header)", Unsafe.SizeOf<PlanHeader>());
        yield return ("sizeof(struct plan_step)", Unsafe.SizeOf<PlanStep>());
        yield return ("PLAN_MAGIC", PlanLayout.Magic);
        yield return ("PLAN_MAX_SIZE", PlanLayout.MaxSize);
        yield return ("PLAN_MAX_STEPS", PlanLayout.MaxSteps);
        yield return ("PLAN_MAX_FDS", PlanLayout.MaxDescriptors);
        yield return ("PLAN_NO_FD", PlanLayout.NoDescriptor);
        yield return ("PLAN_FD_FIRST_FREE", PlanLayout.FirstFreeDescriptor);
        yield return ("PLAN_TRACE", PlanLayout.Trace);
        yield return ("PLAN_OVERLAY_USERXATTR", PlanLayout.OverlayUserXattr);
        yield return ("PLAN_OVERLAY_VOLATILE", PlanLayout.OverlayVolatile);
        yield return ("PLAN_ENTER_PIVOT", (long)EnterMode.Pivot);
        yield return ("PLAN_ENTER_MOVE", (long)EnterMode.Move);
        yield return ("PLAN_ENTER_CHROOT", (long)EnterMode.Chroot);
        foreach (StepKind kind in Enum.GetValues<StepKind>())
        {
            yield return ($"STEP_{Underscored(kind.ToString())}", (long)kind);
        }

        foreach ((MountMode mode, string name) in new[]
        {
            (MountMode.Recursive, "RECURSIVE"), (MountMode.AttributesRecursive, "ATTR_RECURSIVE"), (MountMode.CopyUp, "COPY_UP"),
            (MountMode.File, "FILE"), (MountMode.IdMap, "IDMAP"), (MountMode.IdMapRecursive, "IDMAP_RECURSIVE"),
            (MountMode.KeepMode, "KEEP_MODE"), (MountMode.NoFollow, "NO_FOLLOW"), (MountMode.Optional, "OPTIONAL"),
        })
        {
            yield return ($"STEP_MOUNT_{name}", (long)mode);
        }

        foreach ((string field, string name) in Fields<PlanHeader>())
        {
            yield return ($"offsetof(struct plan_header, {name})", System.Runtime.InteropServices.Marshal.OffsetOf<PlanHeader>(field));
        }

        foreach ((string field, string name) in Fields<PlanStep>())
        {
            yield return ($"offsetof(struct plan_step, {name})", System.Runtime.InteropServices.Marshal.OffsetOf<PlanStep>(field));
        }
    }

    internal static IEnumerable<(string Field, string Name)> Fields<T>() =>
        typeof(T).GetFields().Select(field => (field.Name, Underscored(field.Name).ToLowerInvariant()));

    private static string Underscored(string name) =>
        string.Concat(name.Select((letter, i) => i > 0 && char.IsUpper(letter) ? $"_{letter}" : $"{char.ToUpperInvariant(letter)}"));

    internal static Dictionary<string, long> CompileAndRun(string source)
    {
        string directory = Directory.CreateTempSubdirectory("plan-layout-").FullName;
        try
        {
            string code = Path.Combine(directory, "layout.c"), binary = Path.Combine(directory, "layout");
            File.WriteAllText(code, source);
            Run("cc", "-o", binary, code);
            Dictionary<string, long> told = [];
            foreach (string line in Run(binary).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                int space = line.LastIndexOf(' ');
                told.Add(line[..space], long.Parse(line[(space + 1)..], System.Globalization.CultureInfo.InvariantCulture));
            }

            return told;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {errors.Result}");
        return output;
    }

    internal static string? FindHeader(string name = "plan.h")
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            string header = Path.Combine(directory.FullName, "native", "include", name);
            if (File.Exists(header))
            {
                return header;
            }
        }

        return null;
    }
}
