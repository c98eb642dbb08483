using System.Diagnostics;

namespace CrunSharp.ImageMaker;

/// <summary>The images by name, each from nothing but Debian's packages and this code.</summary>
public static class Recipes
{
    public static IReadOnlyDictionary<string, Action<Layout>> All { get; } = new Dictionary<string, Action<Layout>>
    {
        ["busybox"] = layout => Busybox(layout, "busybox", "Debian's busybox-static"),
        ["alpine"] = layout => Busybox(layout, "alpine-stand-in", "not Alpine: Debian's busybox-static, made by crun-sharp's images/ because Docker Hub was not reached"),
        ["torture"] = TortureRecipe.Write,
        ["lowerlinks"] = TortureRecipe.WriteLowerLinks,
        ["oldsparse"] = TortureRecipe.WriteOldSparse,
        ["layers200"] = Layers200,
        ["big"] = BigRecipe.Write,
        ["debian"] = Debian,
    };

    private static void Busybox(Layout layout, string id, string prettyName)
    {
        const string busybox = "/bin/busybox";
        Layer layer = new();
        foreach (string directory in (string[])["bin", "dev", "etc", "home", "proc", "sbin", "sys", "usr", "usr/bin", "usr/sbin", "var"])
        {
            layer.Directory(directory);
        }

        layer.Directory("root", "700").Directory("tmp", "1777").Directory("var/tmp", "1777").Directory("run").Directory("mnt");
        layer.File("bin/busybox", File.ReadAllBytes(busybox), "755");
        foreach (string applet in Lines(busybox, "--list-full").Where(path => !path.EndsWith("/busybox", StringComparison.Ordinal)))
        {
            layer.Symlink(applet, "/bin/busybox");
        }

        layer.File("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\nuser:x:1000:1000::/home/user:/bin/sh\n");
        layer.File("etc/group", "root:x:0:\ndaemon:x:1:\nwheel:x:10:root\nnogroup:x:65534:\nuser:x:1000:\n");
        layer.File("etc/shadow", "root:*:::::::\n", "640");
        layer.File("etc/os-release", $"NAME=\"crun-sharp {id}\"\nID={id}\nPRETTY_NAME=\"{prettyName}\"\nHOME_URL=\"https://www.busybox.net/\"\n");
        layer.File("etc/profile", "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
        layer.Directory("home/user", "755", 1000, 1000);
        layout.AddLayer(layer);
        layout.Finish(["sh"]);
    }

    private static void Layers200(Layout layout)
    {
        Layer first = new Layer().Directory("d").Directory("bin").File("bin/busybox", File.ReadAllBytes("/bin/busybox"), "755").Symlink("bin/sh", "busybox");
        layout.AddLayer(first);
        for (int number = 1; number < 200; number++)
        {
            Layer layer = new Layer().Directory("d", number % 2 == 0 ? "755" : "750", number);
            layer.File($"d/file-{number}", $"layer {number}\n").File("d/shared", $"last written by {number}\n");
            if (number % 3 == 0)
            {
                layer.Whiteout($"d/file-{number - 1}");
            }

            if (number % 50 == 0)
            {
                layer.File($"implied-{number}/by/layer", $"{number}\n").HardLink($"d/link-{number}", $"implied-{number}/by/layer");
            }

            layout.AddLayer(layer);
        }

        layout.Finish(["/bin/sh"]);
    }

    // A tar archive from stdin: mmdebstrap's.
    private static void Debian(Layout layout)
    {
        using Stream input = Console.OpenStandardInput();
        layout.AddLayer(input.CopyTo);
        layout.Finish(["bash"]);
    }

    private static string[] Lines(string program, string argument)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, argument) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
