using System.Runtime.InteropServices;
using CrunSharp.ImageMaker;

// image-maker DIRECTORY NAME...: writes the OCI layout DIRECTORY/NAME for each name.
if (args.Length < 2)
{
    Console.Error.WriteLine($"usage: image-maker DIRECTORY NAME...\nnames: {string.Join(' ', Recipes.All.Keys)}");
    return 2;
}

string architecture = RuntimeInformation.OSArchitecture switch
{
    Architecture.X64 => "amd64",
    Architecture.Arm64 => "arm64",
    Architecture other => throw new NotSupportedException($"no image is made for {other}"),
};
foreach (string name in args[1..])
{
    if (!Recipes.All.TryGetValue(name, out Action<Layout>? recipe))
    {
        Console.Error.WriteLine($"image-maker: unknown image '{name}'");
        return 2;
    }

    // Under another name until it is whole: a layout that is there is complete.
    string whole = Path.Combine(args[0], name);
    recipe(new Layout($"{whole}.new", architecture));
    if (Directory.Exists(whole))
    {
        Directory.Delete(whole, recursive: true);
    }

    Directory.Move($"{whole}.new", whole);
}

return 0;
