using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace CrunSharp.ImageMaker;

/// <summary>An OCI image layout with one image in it, made in one pass and the same bytes every time.</summary>
public sealed class Layout
{
    private readonly string _directory;
    private readonly string _architecture;
    private readonly List<(string Digest, long Size, string DiffId)> _layers = [];

    public Layout(string directory, string architecture)
    {
        _directory = directory;
        _architecture = architecture;
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        Directory.CreateDirectory(Path.Combine(directory, "blobs", "sha256"));
        File.WriteAllText(Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
    }

    public void AddLayer(Layer layer) => AddLayer(tar =>
    {
        TarWriter writer = new(tar);
        foreach (TarItem item in layer.Items)
        {
            writer.Write(item);
        }

        writer.Finish();
    });

    /// <summary>Adds what <paramref name="write"/> writes, a whole tar archive, as the next layer.</summary>
    public void AddLayer(Action<Stream> write)
    {
        string temporary = Path.Combine(_directory, "blobs", "layer");
        using SHA256 plain = SHA256.Create();
        using (FileStream file = File.Create(temporary))
        using (GZipStream gzip = new(file, CompressionLevel.Optimal))
        using (CryptoStream hashed = new(gzip, plain, CryptoStreamMode.Write))
        {
            write(hashed);
        }

        (string digest, long size) = Keep(temporary);
        _layers.Add((digest, size, $"sha256:{Convert.ToHexStringLower(plain.Hash!)}"));
    }

    /// <summary>Writes config, manifest and index; the image's tag in the layout is <c>latest</c>.</summary>
    public void Finish(string[] command, string[]? environment = null, string? user = null)
    {
        (string config, long configSize) = Keep(json =>
        {
            json.WriteString("architecture", _architecture);
            json.WriteString("os", "linux");
            json.WriteString("created", "2023-11-14T22:13:20Z");
            json.WriteStartObject("config");
            WriteStrings(json, "Env", environment ?? ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
            WriteStrings(json, "Cmd", command);
            if (user is not null)
            {
                json.WriteString("User", user);
            }

            json.WriteEndObject();
            json.WriteStartObject("rootfs");
            json.WriteString("type", "layers");
            WriteStrings(json, "diff_ids", _layers.Select(layer => layer.DiffId));
            json.WriteEndObject();
        });
        (string manifest, long manifestSize) = Keep(json =>
        {
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", "application/vnd.oci.image.manifest.v1+json");
            json.WritePropertyName("config");
            WriteDescriptor(json, "application/vnd.oci.image.config.v1+json", config, configSize);
            json.WriteStartArray("layers");
            foreach ((string digest, long size, _) in _layers)
            {
                WriteDescriptor(json, "application/vnd.oci.image.layer.v1.tar+gzip", digest, size);
            }

            json.WriteEndArray();
        });
        using FileStream index = File.Create(Path.Combine(_directory, "index.json"));
        using Utf8JsonWriter writer = new(index);
        writer.WriteStartObject();
        writer.WriteNumber("schemaVersion", 2);
        writer.WriteStartArray("manifests");
        WriteDescriptor(writer, "application/vnd.oci.image.manifest.v1+json", manifest, manifestSize, "latest");
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private (string Digest, long Size) Keep(Action<Utf8JsonWriter> write)
    {
        string temporary = Path.Combine(_directory, "blobs", "document");
        using (FileStream file = File.Create(temporary))
        using (Utf8JsonWriter json = new(file))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Keep(temporary);
    }

    private (string Digest, long Size) Keep(string temporary)
    {
        using FileStream file = File.OpenRead(temporary);
        string hex = Convert.ToHexStringLower(SHA256.HashData(file));
        File.Move(temporary, Path.Combine(_directory, "blobs", "sha256", hex), overwrite: true);
        return ($"sha256:{hex}", file.Length);
    }

    private static void WriteDescriptor(Utf8JsonWriter json, string mediaType, string digest, long size, string? tag = null)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", mediaType);
        json.WriteString("digest", digest);
        json.WriteNumber("size", size);
        if (tag is not null)
        {
            json.WriteStartObject("annotations");
            json.WriteString("org.opencontainers.image.ref.name", tag);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
